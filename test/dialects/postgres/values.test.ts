import { type BackupApp, backupApp } from '../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../fixtures/databases.js';

describeEngine('values', 'postgres', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;

  beforeAll(async () => {
    database = await engine.create();
    app = await backupApp(database, {}, { unmappedTables: 'include' });
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  it('are native JSON where 32 bits or a boolean hold them, bytes in hexadecimal, and text elsewhere', async () => {
    await database.query('CREATE TABLE kinds (a smallint, b integer, c boolean, d bigint, e oid, f real, g bytea)');
    await database.query(
      `INSERT INTO kinds VALUES (-1, 2147483647, true, 5, 6, 1.5, '\\x00ff'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
    const { of, manifest } = await app.backUp();
    const model = manifest.tables.find(({ table }) => table === 'kinds')!.name;
    expect(of(model).map(({ fields }) => fields)).toEqual([
      { a: -1, b: 2147483647, c: true, d: '5', e: '6', f: '1.5', g: '00ff' },
      { a: null, b: null, c: null, d: null, e: null, f: null, g: null },
    ]);
  });

  it('are null where a column that is said to be NOT NULL holds NULL all the same', async () => {
    const columns = 'id int, a smallint, c boolean, d bigint, e text, g bytea, h int[], i char(3), j json';
    await database.query(`CREATE TABLE claimed (${columns})`);
    await database.query('INSERT INTO claimed DEFAULT VALUES');
    // What NOT NULL … NOT VALID leaves since version 18, and what crashes and hands have left before.
    await database.query(
      `UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'claimed'::regclass AND attnum > 0`,
    );
    await database.query('CREATE TABLE unproven (id int, name text)');
    await database.query('INSERT INTO unproven DEFAULT VALUES');
    const { version } = (await app.backUp()).manifest.database;
    if (Number.parseInt(version) >= 18) {
      await database.query('ALTER TABLE unproven ADD NOT NULL id NOT VALID, ADD NOT NULL name NOT VALID');
    }
    const { of, manifest } = await app.backUp();
    const named = (table: string) => of(manifest.tables.find((one) => one.table === table)!.name)[0]!.fields;
    expect(Object.values(named('claimed'))).toEqual(Array(9).fill(null));
    expect(named('unproven')).toEqual({ id: null, name: null });
  });

  it('of a row of 50 MB and of a table of 300 columns arrive whole', async () => {
    await database.query('CREATE TABLE wide (id int PRIMARY KEY, big text)');
    await database.query(`INSERT INTO wide VALUES (1, repeat('0123456789"', 5000000))`);
    await database.query(
      `CREATE TABLE broad (${Array.from({ length: 300 }, (_, i) => `"col ${i}" int DEFAULT ${i}`).join(', ')})`,
    );
    await database.query('INSERT INTO broad DEFAULT VALUES');
    const { of, manifest } = await app.backUp();
    const named = (table: string) => of(manifest.tables.find((one) => one.table === table)!.name)[0]!.fields;
    expect((named('wide').big as string).length).toBe(55_000_000);
    expect(Object.values(named('broad'))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});
