import { type BackupApp, backupApp } from '../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../fixtures/databases.js';

describeEngine('tables', 'postgres', (engine) => {
  let database: TestDatabase;
  let app: BackupApp | undefined;

  const backUp = async (options: object = {}) => {
    app = await backupApp(database, options, { unmappedTables: 'include' });
    return app.backUp();
  };

  beforeEach(async () => {
    database = await engine.create();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.drop();
  });

  it('of other schemas are named with their schema', async () => {
    await database.query('CREATE SCHEMA "My Schema"');
    await database.query('CREATE TABLE "My Schema"."a.b" (id int PRIMARY KEY)');
    await database.query('INSERT INTO "My Schema"."a.b" VALUES (1)');
    expect((await backUp()).lines).toEqual([{ model: 'My Schema.a.b', pk: 1, fields: {} }]);
  });

  it('that are partitioned or inherited are saved once, each row in its own table', async () => {
    await database.query('CREATE TABLE log (day int, text text) PARTITION BY RANGE (day)');
    await database.query('CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)');
    await database.query("INSERT INTO log VALUES (1, 'one')");
    await database.query('CREATE TABLE parent (id int)');
    await database.query('CREATE TABLE child (extra int) INHERITS (parent)');
    await database.query('INSERT INTO parent VALUES (1)');
    await database.query('INSERT INTO child VALUES (2, 3)');
    const lines = (await backUp()).lines.map(({ model, fields }) => [model, fields]);
    expect(lines).toEqual([
      ['child', { id: 2, extra: 3 }],
      ['log', { day: 1, text: 'one' }],
      ['parent', { id: 1 }],
    ]);
  });

  it('lose no generated identity: the sequences are saved as they stand', async () => {
    await database.query(
      'CREATE TABLE ids (id int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (1) STORED)',
    );
    await database.query('INSERT INTO ids DEFAULT VALUES');
    await database.query('CREATE SEQUENCE unused START 7');
    const { manifest, lines } = await backUp();
    expect(lines).toEqual([{ model: 'ids', pk: null, fields: { id: 1 } }]);
    expect(manifest.sequences).toEqual([
      { name: 'ids_id_seq', value: '1', called: true },
      { name: 'unused', value: '7', called: false },
    ]);
  });

  it('whose rows a policy would hide break the backup before its first byte', async () => {
    await database.query('CREATE TABLE hidden (id int)');
    await database.query('INSERT INTO hidden VALUES (1)');
    await database.query('ALTER TABLE hidden ENABLE ROW LEVEL SECURITY');
    const role = `limited_${Date.now()}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    await database.query(`GRANT SELECT ON hidden TO ${role}`);
    try {
      const url = Object.assign(new URL((database.options as { url: string }).url), { username: role, password: 'pw' });
      await expect(backUp({ url: url.href })).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringMatching(/Row-level security hides rows of "hidden"/),
      });
    } finally {
      await app?.close();
      app = undefined;
      await database.query(`DROP OWNED BY ${role}`);
      await database.query(`DROP ROLE ${role}`);
    }
  });

  it('that live elsewhere, and large objects, are named in the warnings', async () => {
    await database.query("SELECT lo_from_bytea(0, 'x')");
    await database.query('CREATE UNLOGGED TABLE fast (id int)');
    const { manifest } = await backUp();
    expect(manifest.warnings).toEqual([
      expect.stringMatching(/"public\.fast" is unlogged/),
      expect.stringMatching(/1 large objects/),
    ]);
  });
});
