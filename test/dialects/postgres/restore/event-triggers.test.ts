import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { Pair } from '../../../fixtures/pair.js';
import { createPostgresRole } from '../../../fixtures/postgres-role.js';

const TABLES = [
  'CREATE TABLE ddl_log (id serial PRIMARY KEY, what text)',
  'CREATE TABLE parent (id int PRIMARY KEY)',
  'CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES parent)',
  'CREATE INDEX by_parent ON child (parent)',
];
const LOGS = [
  `CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.ddl_log (what) VALUES (TG_TAG); END $$`,
  'CREATE EVENT TRIGGER logs ON ddl_command_end EXECUTE FUNCTION log_ddl()',
];
const REFUSES = [
  `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no changes of the schema'; END $$`,
  `CREATE EVENT TRIGGER refuses ON ddl_command_start EXECUTE FUNCTION refuse()`,
];
const STATES = 'SELECT evtname AS name, evtenabled AS state FROM pg_event_trigger ORDER BY 1';
/** Large enough for its index to be dropped, and loaded before the log. */
const LARGE = [
  'CREATE TABLE a_large (id int, text text)',
  'CREATE INDEX of_large ON a_large (id)',
  `INSERT INTO a_large SELECT g, repeat('word ', 200) FROM generate_series(1, 2000) g`,
];
const fill = async ({ query }: TestDatabase) => {
  await query(`INSERT INTO ddl_log (what) VALUES ('by hand')`);
  await query('INSERT INTO parent VALUES (1)');
  await query('INSERT INTO child (parent) VALUES (1)');
};

describeEngine('Event triggers of the target', 'postgres', (engine) => {
  it('disables them where its role may, so that they neither refuse nor log a restore', async () => {
    const pair = await Pair.open(engine, { schema: TABLES });
    try {
      await fill(pair.source);
      await pair.both(...LOGS, ...REFUSES);
      await pair.both('ALTER EVENT TRIGGER logs ENABLE ALWAYS', 'TRUNCATE ddl_log RESTART IDENTITY');
      await pair.source.query(`INSERT INTO ddl_log (what) VALUES ('by hand')`);
      const { manifest } = await pair.carryAndReport();
      expect(manifest.warnings.toSorted()).toEqual([
        expect.stringMatching(/^Event trigger "logs" runs when the schema changes/),
        expect.stringMatching(/^Event trigger "refuses" /),
      ]);
      expect(await pair.target.query('SELECT what FROM ddl_log')).toEqual([{ what: 'by hand' }]);
      expect(await pair.target.query('SELECT parent FROM child')).toEqual([{ parent: 1 }]);
      expect(await pair.target.query(STATES)).toEqual([
        { name: 'logs', state: 'A' },
        { name: 'refuses', state: 'O' },
      ]);
    } finally {
      await pair.close();
    }
  });

  it.each([
    ['that logs', 'logs', LOGS, []],
    ['that logs the indexes of a large table', 'logs', LOGS, LARGE],
    ['that refuses', 'refuses', REFUSES, []],
  ])('names one %s where its role cannot disable it, and refuses', async (_, name, create, large) => {
    const database = await engine.create();
    const role = await createPostgresRole(database);
    await database.query(`GRANT ALL ON SCHEMA public TO ${role.name}`);
    const app = await backupApp({ options: role.options }, {}, { unmappedTables: 'include' });
    try {
      for (const sql of [...TABLES, ...large]) await app.dataSource.query(sql);
      await fill(database);
      const archive = await buffer((await app.service.create()).stream);
      const restore = () => app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      await restore();
      for (const sql of create) await database.query(sql);
      await database.query(`UPDATE ddl_log SET what = 'kept'`);
      const before = await database.query('SELECT * FROM ddl_log ORDER BY id');
      await expect(restore()).rejects.toMatchObject({
        code: 'RESTORE_FAILED',
        message: expect.stringContaining(`"${name}"`),
      });
      // What is logged of the table of marks was committed before.
      expect((await database.query('SELECT * FROM ddl_log ORDER BY id')).slice(0, before.length)).toEqual(before);
    } finally {
      await app.close();
      await database.query(`DROP EVENT TRIGGER IF EXISTS ${name}`);
      await role.drop();
      await database.drop();
    }
  });
});
