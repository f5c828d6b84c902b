import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import pg from 'pg';
import { EntitySchema } from 'typeorm';
import { type BackupApp, backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { Pair } from '../../../fixtures/pair.js';
import { createPostgresRole } from '../../../fixtures/postgres-role.js';

const Invoice = new EntitySchema({
  name: 'Invoice',
  tableName: 'invoice',
  schema: 'mine',
  columns: { id: { type: Number, primary: true, generated: 'increment' }, text: { type: String } },
});
const POSITIONS = `SELECT schemaname || '.' || sequencename AS name, last_value::int AS value FROM pg_sequences
  ORDER BY 1`;

async function backUp(app: BackupApp) {
  const { stream, manifest } = await app.service.create();
  const archive = await buffer(stream);
  return { archive, manifest: await manifest };
}
const restore = (app: BackupApp, archive: Buffer, options: object = { replace: true }) =>
  app.get(RestoreService).restore(Readable.from([archive]), options);

describeEngine('Sequences in a restore', 'postgres', (engine) => {
  let database: TestDatabase;
  let app: BackupApp | undefined;
  beforeEach(async () => {
    database = await engine.create();
    await database.query('CREATE SCHEMA mine; CREATE SCHEMA theirs');
    await database.query('CREATE TABLE mine.invoice (id serial PRIMARY KEY, text text NOT NULL)');
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.drop();
  });

  it('stays where it is when only tables draw from it that are not saved', async () => {
    for (const sql of [
      'CREATE SEQUENCE theirs.number',
      'CREATE TABLE theirs.t (id serial, n int DEFAULT nextval($$theirs.number$$))',
      'CREATE SEQUENCE theirs.free',
      'CREATE TABLE mine.unsaved (id serial)',
    ]) {
      await database.query(sql);
    }
    app = await backupApp(database, { entities: [Invoice] });
    await database.query(`INSERT INTO mine.invoice (text) VALUES ('one'), ('two')`);
    await database.query(
      `SELECT setval('theirs.number', 5), setval('theirs.free', 5), setval('mine.unsaved_id_seq', 5)`,
    );
    const { archive, manifest } = await backUp(app);
    expect(manifest.sequences.map(({ name }) => name)).toEqual(['mine.invoice_id_seq']);
    expect(manifest.warnings).toContain('Sequence "theirs.free" belongs to no saved table and is not saved.');
    await database.query(
      `SELECT setval('theirs.number', 90), setval('theirs.free', 91), setval('mine.unsaved_id_seq', 92)`,
    );
    await database.query(`SELECT setval('mine.invoice_id_seq', 50)`);
    await restore(app, archive);
    const positions = Object.fromEntries((await database.query(POSITIONS)).map(({ name, value }) => [name, value]));
    expect(positions).toMatchObject({
      'mine.invoice_id_seq': 2,
      'mine.unsaved_id_seq': 92,
      'theirs.free': 91,
      'theirs.number': 90,
    });
  });

  it('never goes back when tables that are not restored, or nobody in particular, draw from it too', async () => {
    for (const sql of [
      'CREATE SEQUENCE mine.shared',
      'ALTER TABLE mine.invoice ALTER id SET DEFAULT nextval($$mine.shared$$)',
      `CREATE TABLE theirs.code (code text DEFAULT 'x' || nextval($$mine.shared$$))`,
      'CREATE SEQUENCE mine.free',
      'CREATE SEQUENCE mine.down INCREMENT -1',
    ]) {
      await database.query(sql);
    }
    app = await backupApp(database, { entities: [Invoice] });
    await database.query(`INSERT INTO mine.invoice (text) VALUES ('one')`);
    await database.query(`SELECT nextval('mine.free'), nextval('mine.down')`);
    const { archive } = await backUp(app);
    await database.query(`SELECT setval('mine.shared', 80), setval('mine.free', 81), setval('mine.down', -82)`);
    await restore(app, archive);
    const [drawn] = await database.query(
      `SELECT nextval('mine.shared')::int AS shared, nextval('mine.free')::int AS free, nextval('mine.down')::int AS down`,
    );
    expect(drawn).toEqual({ shared: 81, free: 82, down: -83 });
    // In a database where less was drawn they go on from where they stood.
    await database.query(
      `SELECT setval('mine.shared', 1, false), setval('mine.free', 1, false), setval('mine.down', -1, false)`,
    );
    await restore(app, archive);
    const positions = Object.fromEntries((await database.query(POSITIONS)).map(({ name, value }) => [name, value]));
    expect(positions).toMatchObject({ 'mine.shared': 1, 'mine.free': 1, 'mine.down': -1 });
  });

  it('goes on where it was saved when it begins again at its end', async () => {
    await database.query(
      'CREATE SEQUENCE mine.round MAXVALUE 5 CYCLE; ALTER TABLE mine.invoice ADD slot int DEFAULT nextval($$mine.round$$)',
    );
    app = await backupApp(database, { entities: [Invoice] }, { unmappedTables: 'include' });
    await database.query(`INSERT INTO mine.invoice (text) SELECT 'x' FROM generate_series(1, 7)`);
    const { archive } = await backUp(app);
    await database.query(`SELECT nextval('mine.round')`);
    await restore(app, archive);
    expect(await database.query(`SELECT nextval('mine.round')::int AS slot`)).toEqual([{ slot: 3 }]);
  });

  it('of a partition goes past the keys of that partition', async () => {
    await database.query('CREATE TABLE mine.log (id int, day int) PARTITION BY LIST (day)');
    await database.query('CREATE TABLE mine.log_1 PARTITION OF mine.log FOR VALUES IN (1)');
    await database.query(
      'CREATE SEQUENCE mine.of_log; ALTER TABLE mine.log_1 ALTER id SET DEFAULT nextval($$mine.of_log$$)',
    );
    app = await backupApp(database, { entities: [Invoice] }, { unmappedTables: 'include' });
    await database.query('INSERT INTO mine.log_1 (day) VALUES (1), (1)');
    const { archive } = await backUp(app);
    await database.query(`SELECT setval('mine.of_log', 1, false)`);
    await restore(app, archive);
    expect(await database.query(`SELECT nextval('mine.of_log')::int AS id`)).toEqual([{ id: 3 }]);
  });

  it('matters to nobody when it is a temporary table’s of another session', async () => {
    app = await backupApp(database, { entities: [Invoice] }, { unmappedTables: 'include' });
    const other = new pg.Client({ connectionString: (database.options as { url: string }).url });
    await other.connect();
    try {
      await other.query('CREATE TEMP TABLE scratch (id serial PRIMARY KEY)');
      await other.query('INSERT INTO scratch DEFAULT VALUES');
      await other.query('CREATE TEMP SEQUENCE alone');
      await other.query('CREATE TEMP VIEW seen AS SELECT * FROM mine.invoice');
      const { archive, manifest } = await backUp(app);
      expect(manifest.sequences.map(({ name }) => name)).toEqual(['mine.invoice_id_seq']);
      await restore(app, archive);
    } finally {
      await other.end();
    }
  });
});

describeEngine('A role that owns one schema', 'postgres', (engine) => {
  it('backs its schema up and restores it, whatever the others hold', async () => {
    const database = await engine.create();
    const [mine, theirs] = [await createPostgresRole(database), await createPostgresRole(database)];
    let app: BackupApp | undefined;
    try {
      await database.query(`CREATE SCHEMA mine AUTHORIZATION ${mine.name}`);
      await database.query(`CREATE SCHEMA theirs AUTHORIZATION ${theirs.name}`);
      const as = async (role: { name: string }, ...sql: string[]) => {
        for (const statement of [`SET ROLE ${role.name}`, ...sql, 'RESET ROLE']) await database.query(statement);
      };
      await as(
        theirs,
        'CREATE TABLE theirs.t (id serial PRIMARY KEY)',
        'CREATE SEQUENCE theirs.free',
        'CREATE MATERIALIZED VIEW theirs.seen AS SELECT * FROM theirs.t',
      );
      await as(
        mine,
        'CREATE TABLE mine.invoice (id serial PRIMARY KEY, text text NOT NULL, up int REFERENCES mine.invoice)',
      );
      await as(mine, 'CREATE MATERIALIZED VIEW mine.seen AS SELECT count(*)::int AS n FROM mine.invoice');
      await as(mine, `INSERT INTO mine.invoice (text, up) VALUES ('one', 1)`);
      app = await backupApp(
        { options: { ...mine.options, schema: 'mine' } as TestDatabase['options'] },
        { entities: [Invoice] },
      );
      const { archive } = await backUp(app);
      await as(mine, `INSERT INTO mine.invoice (text) VALUES ('lost')`);
      const { warnings } = await restore(app, archive);
      expect(await database.query('SELECT id, text FROM mine.invoice')).toEqual([{ id: 1, text: 'one' }]);
      expect(await database.query('SELECT n FROM mine.seen')).toEqual([{ n: 1 }]);
      expect(warnings.join('\n')).not.toContain('still holds');
      await app.close();
      app = undefined;
      await as(mine, `ALTER TABLE mine.invoice OWNER TO ${mine.name}`);
      await database.query(`ALTER TABLE mine.invoice OWNER TO ${theirs.name}`);
      await database.query(`GRANT ALL ON mine.invoice, mine.invoice_id_seq TO ${mine.name}`);
      app = await backupApp(
        { options: { ...mine.options, schema: 'mine' } as TestDatabase['options'] },
        { entities: [Invoice] },
      );
      await expect(restore(app, archive)).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('"mine.invoice" is not of the database role'),
      });
    } finally {
      await app?.close();
      for (const role of [mine, theirs]) await role.drop();
      await database.drop();
    }
  });
});

describeEngine('Materialized views in a restore', 'postgres', (engine) => {
  it('forbids nothing when it cannot be refreshed or was never filled, and is named', async () => {
    const schema = [
      'CREATE TABLE t (n int)',
      'CREATE MATERIALIZED VIEW fine AS SELECT sum(n)::int AS n FROM t',
      'CREATE MATERIALIZED VIEW above AS SELECT n FROM fine',
      'CREATE MATERIALIZED VIEW bare AS SELECT n FROM t WITH NO DATA',
      'CREATE MATERIALIZED VIEW broken AS SELECT 1 / n AS n FROM t',
      'CREATE TABLE elsewhere (n int)',
      'CREATE MATERIALIZED VIEW apart AS SELECT random() AS n FROM elsewhere',
    ];
    const pair = await Pair.open(engine, { schema });
    try {
      await pair.source.query('INSERT INTO t VALUES (0), (7)');
      const { warnings } = await pair.carryAndReport();
      expect(warnings.toSorted()).toEqual([
        'Materialized view "public.bare" was never filled here (WITH NO DATA) and stays empty until it is refreshed.',
        'Materialized view "public.broken" could not be refreshed (22012) and still holds what it held before the restore.',
      ]);
      expect(await pair.target.query('SELECT n FROM above')).toEqual([{ n: 7 }]);
      expect(await pair.target.query('SELECT n FROM t ORDER BY n')).toEqual([{ n: 0 }, { n: 7 }]);
    } finally {
      await pair.close();
    }
  });
});
