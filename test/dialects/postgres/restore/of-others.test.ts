import pg from 'pg';
import { type BackupApp, backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { backUp, Invoice, restore } from './invoice.js';

const POSITIONS = `SELECT schemaname || '.' || sequencename AS name, last_value::int AS value FROM pg_sequences
  ORDER BY 1`;

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

  it('is saved and set although a temporary table of another session draws from it, whose rows nobody can read', async () => {
    await database.query('CREATE SEQUENCE mine.number');
    app = await backupApp(database, { entities: [Invoice] });
    await database.query(`INSERT INTO mine.invoice (text) VALUES ('one'), ('two')`);
    await database.query(`SELECT setval('mine.number', 40)`);
    const other = new pg.Client({ connectionString: (database.options as { url: string }).url });
    await other.connect();
    try {
      await other.query('CREATE TEMP TABLE draft (LIKE mine.invoice INCLUDING DEFAULTS)');
      await other.query(`ALTER TABLE draft ADD number int DEFAULT nextval('mine.number')`);
      await other.query(`INSERT INTO draft (id, text, number) VALUES (1000, 'draft', 1000)`);
      const { archive, manifest } = await backUp(app);
      expect(manifest.sequences.map(({ name }) => name)).toEqual(['mine.invoice_id_seq', 'mine.number']);
      await database.query(`SELECT setval('mine.number', 1, false), setval('mine.invoice_id_seq', 1, false)`);
      await restore(app, archive);
      const positions = Object.fromEntries((await database.query(POSITIONS)).map(({ name, value }) => [name, value]));
      expect(positions).toEqual({ 'mine.invoice_id_seq': 2, 'mine.number': 40 });
    } finally {
      await other.end();
    }
  });

  it.each([
    [
      'a foreign table',
      'CREATE FOREIGN TABLE theirs.far (id int DEFAULT nextval($$mine.invoice_id_seq$$)) SERVER gone',
    ],
    [
      'a partitioned table with a foreign partition',
      `CREATE TABLE theirs.parts (id int DEFAULT nextval($$mine.invoice_id_seq$$), day int) PARTITION BY LIST (day);
       CREATE FOREIGN TABLE theirs.far PARTITION OF theirs.parts DEFAULT SERVER gone`,
    ],
    [
      'a view that fails',
      `CREATE VIEW theirs.broken AS SELECT 1 / 0 AS id;
       ALTER VIEW theirs.broken ALTER id SET DEFAULT nextval($$mine.invoice_id_seq$$)`,
    ],
  ])('is set without reading what is not ours to read and draws from it too: %s', async (_, sql) => {
    await database.query('CREATE FOREIGN DATA WRAPPER gone; CREATE SERVER gone FOREIGN DATA WRAPPER gone');
    await database.query(sql);
    app = await backupApp(database, { entities: [Invoice] });
    await database.query(`INSERT INTO mine.invoice (text) VALUES ('one'), ('two')`);
    const { archive } = await backUp(app);
    await restore(app, archive);
    expect(await database.query(`SELECT nextval('mine.invoice_id_seq')::int AS id`)).toEqual([{ id: 3 }]);
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
