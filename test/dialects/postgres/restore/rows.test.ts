import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';

const ROWS = process.env.TEST_LONG ? 1_000_000 : 20_000;

/** Everything that gets in the way of loading rows in just any order. */
const SCHEMA = [
  `CREATE TABLE hen (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, egg int NOT NULL, mother int REFERENCES hen, name text)`,
  `CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES hen DEFERRABLE INITIALLY DEFERRED, twice int GENERATED ALWAYS AS (id * 2) STORED)`,
  `ALTER TABLE hen ADD CONSTRAINT "hen's egg" FOREIGN KEY (egg) REFERENCES egg DEFERRABLE`,
  `ALTER TABLE hen ADD CONSTRAINT loose FOREIGN KEY (mother) REFERENCES hen ON DELETE CASCADE NOT VALID`,
  `COMMENT ON CONSTRAINT "hen's egg" ON hen IS 'which was \\first'`,
  `CREATE TABLE log (what text)`,
  `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); INSERT INTO public.log VALUES ('shouted'); RETURN NEW; END $$`,
  `CREATE TRIGGER shouting BEFORE INSERT ON hen FOR EACH ROW EXECUTE FUNCTION shout()`,
  `CREATE TRIGGER sleeping BEFORE UPDATE ON hen FOR EACH ROW EXECUTE FUNCTION shout()`,
  `CREATE TRIGGER always BEFORE UPDATE ON egg FOR EACH ROW EXECUTE FUNCTION shout()`,
  `ALTER TABLE hen DISABLE TRIGGER sleeping`,
  `ALTER TABLE egg ENABLE ALWAYS TRIGGER always`,
  `CREATE SEQUENCE shared START 100 INCREMENT -5 MINVALUE 0 MAXVALUE 100`,
  `CREATE TABLE ticket (number int DEFAULT nextval('shared'))`,
  `CREATE TABLE bulk (id bigint PRIMARY KEY, text text, bytes bytea, amount numeric, seen timestamptz)`,
];

const ROWS_OF_SOURCE = [
  `BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO hen (egg, name) VALUES (7, 'Berta'); INSERT INTO egg VALUES (7, 1); COMMIT`,
  `INSERT INTO hen (egg, mother, name) VALUES (7, 1, 'Erna')`,
  `UPDATE hen SET name = 'quiet' WHERE id = 2`,
  `INSERT INTO ticket DEFAULT VALUES`,
  `INSERT INTO ticket DEFAULT VALUES`,
  `INSERT INTO bulk SELECT g, E'tab\\t line\\n back\\\\slash ' || g, decode(md5(g::text), 'hex'), g / 7.0, now() FROM generate_series(1, ${ROWS}) g`,
];

const CATALOG = `
  SELECT conname AS name, pg_get_constraintdef(oid) || condeferrable || condeferred || convalidated AS what,
    obj_description(oid, 'pg_constraint') AS comment FROM pg_constraint WHERE contype IN ('f', 'p') AND conrelid::regclass::text NOT LIKE 'nestjs%'
  UNION ALL SELECT tgname, tgrelid::regclass || ' ' || tgenabled::text, NULL FROM pg_trigger WHERE NOT tgisinternal
  ORDER BY 1, 2`;
const TABLES = ['hen', 'egg', 'log', 'ticket', 'bulk'];

describeEngine('restore', 'postgres', (engine) => {
  const databases: TestDatabase[] = [];
  let source: BackupApp;
  let target: BackupApp;

  const open = async () => {
    const database = await engine.create();
    databases.push(database);
    for (const statement of SCHEMA) await database.query(statement);
    return backupApp(database, {}, { unmappedTables: 'include' });
  };
  const restore = async (options: object = { replace: true }) =>
    target.get(RestoreService).restore(Readable.from([await buffer((await source.service.create()).stream)]), options);
  /** What the server itself says of rows, constraints, triggers and sequences. */
  const state = async (which: number) => {
    const { query } = databases[which]!;
    const digests = [];
    for (const table of TABLES) {
      const hash = `md5(string_agg(md5(r::text), '' ORDER BY r::text)) AS digest, count(*)`;
      digests.push(...(await query(`SELECT '${table}' AS name, ${hash} FROM ${table} r`)));
    }
    const sequences = await query('SELECT sequencename, last_value FROM pg_sequences ORDER BY 1');
    return { digests, sequences, catalog: await query(CATALOG) };
  };

  beforeEach(async () => {
    source = await open();
    target = await open();
    for (const statement of ROWS_OF_SOURCE) await databases[0]!.query(statement);
  });
  afterEach(async () => {
    for (const app of [source, target]) await app.close();
    for (const database of databases.splice(0)) await database.drop();
  });

  it(`brings ${ROWS} rows back through cycles, triggers and identities, and everything stands as it stood`, async () => {
    await restore();
    expect(await state(1)).toEqual(await state(0));
    const { query } = databases[1]!;
    await query(`INSERT INTO hen (egg, name) VALUES (7, 'new')`);
    expect(await query(`SELECT id, name FROM hen WHERE egg = 7 ORDER BY id DESC LIMIT 1`)).toEqual([
      { id: 3, name: 'NEW' },
    ]);
    expect(await query('INSERT INTO ticket DEFAULT VALUES RETURNING number')).toEqual([{ number: 90 }]);
  });

  it('leaves everything as it was when a row violates a foreign key', async () => {
    await databases[1]!.query(`INSERT INTO log VALUES ('mine')`);
    const before = await state(1);
    await databases[0]!.query(
      'ALTER TABLE egg DISABLE TRIGGER ALL; UPDATE egg SET hen = 999; ALTER TABLE egg ENABLE TRIGGER ALL',
    );
    await expect(restore()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('foreign key egg_hen_fkey of egg'),
    });
    expect(await state(1)).toEqual(before);
  });

  it('leaves everything as it was when its connection is killed', async () => {
    await databases[1]!.query(`INSERT INTO log VALUES ('mine')`);
    const before = await state(1);
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'nestjs-backup' AND query LIKE 'COPY%'`;
    const killing = setInterval(() => void databases[1]!.query(kill).catch(() => {}), 5);
    try {
      await expect(restore()).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    } finally {
      clearInterval(killing);
    }
    expect(await state(1)).toEqual(before);
  });

  it('refuses rows of a table outside of the archive that refer into it', async () => {
    await databases[1]!.query('CREATE TABLE outside (hen int REFERENCES hen)');
    await databases[1]!.query(
      `BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO hen (egg) VALUES (1); INSERT INTO egg VALUES (1, 1); COMMIT`,
    );
    await databases[1]!.query('INSERT INTO outside VALUES (1)');
    await expect(restore()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('"outside"'),
    });
  });

  it('replaces the rows beside a table outside of the archive whose rows refer to none', async () => {
    await databases[1]!.query('CREATE TABLE outside (hen int REFERENCES hen)');
    await databases[1]!.query('INSERT INTO outside VALUES (NULL)');
    await restore();
    expect(await databases[1]!.query('SELECT hen FROM outside')).toEqual([{ hen: null }]);
  });

  it('waits for a locked table for a bounded time, and ends at once with its signal', async () => {
    const runner = target.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE egg IN ACCESS SHARE MODE');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1_000);
    await expect(restore({ replace: true, signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await runner.rollbackTransaction();
    await runner.release();
    await restore();
    expect(await state(1)).toEqual(await state(0));
  });
});
