import { type BackupApp, backupApp, type ReadBackup } from '../fixtures/backup.js';
import { describeEachEngine, type TestDatabase } from '../fixtures/databases.js';
import { Dog, fillZoo, Tag, zooEntities } from '../fixtures/zoo.entities.js';

const TABLES = ['animal', 'area', 'cage', 'cage_closure', 'keeper', 'keeper_tags_tag', 'order', 'tag'];

describeEachEngine('entities', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;
  let backup: ReadBackup;

  const options = { entities: zooEntities, synchronize: true };
  const quote = engine.family === 'mysql' ? '`' : '"';
  // TypeORM itself cannot create such a column; migrations written by hand can.
  const oddName = `it's a ${quote}quoted${quote} na.me \\ 😀`.replace(engine.family === 'mysql' ? ' 😀' : '', '');
  const quotedName = `"${oddName.replaceAll(quote, quote + quote)}"`;
  const sql = (text: string) => app.dataSource.query(text.replaceAll('"', quote));

  beforeAll(async () => {
    database = await engine.create();
    app = await backupApp(database, options);
    await fillZoo(app.dataSource);
    await sql('CREATE TABLE "unmapped.table" ("id" int, "note" varchar(20))');
    await sql(`INSERT INTO "unmapped.table" VALUES (1, 'found')`);
    await sql('ALTER TABLE "tag" ADD COLUMN "extra" varchar(20)');
    await sql(`UPDATE "tag" SET "extra" = 'kept' WHERE "name" = 'fed'`);
    await sql(`ALTER TABLE "order" ADD COLUMN ${quotedName} varchar(20) DEFAULT 'q'`);
    backup = await app.backUp();
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  it('saves every physical table once, and no view', () => {
    const names = backup.manifest.tables.map(({ name }) => name);
    expect(names.toSorted()).toEqual(TABLES);
    expect([...new Set(backup.lines.map(({ model }) => model))].toSorted()).toEqual(TABLES);
  });

  it('counts in the manifest what the database counts', async () => {
    for (const { name, rows } of backup.manifest.tables) {
      const [{ n }] = await sql(`SELECT count(*) AS n FROM "${name}"`);
      expect({ name, rows, lines: backup.of(name).length }).toEqual({ name, rows: Number(n), lines: Number(n) });
    }
  });

  it('saves the columns of all children of a single-table inheritance', () => {
    const rows = backup.of('animal').map(({ fields }) => fields);
    expect(rows).toContainEqual({ name: 'Tom', lives: 9, trick: null, enemyId: null, kind: 'cat' });
    expect(rows).toContainEqual({ name: 'Spike', lives: null, trick: 'sit', enemyId: 1, kind: 'dog' });
    expect(backup.manifest.tables.find(({ name }) => name === 'animal')?.entities).toEqual(['Animal', 'Cat', 'Dog']);
  });

  it('saves junction rows, hidden columns, embedded columns and soft-deleted rows', () => {
    expect(backup.of('keeper_tags_tag').map(({ pk }) => pk)).toEqual(
      expect.arrayContaining([
        [1, 'senior'],
        [1, 'fed'],
      ]),
    );
    const [gone, present] = backup.of('keeper').toSorted((a, b) => Number(a.pk) - Number(b.pk));
    expect(gone!.fields).toMatchObject({ password: 'secret', homeStreet: null, homeCity: 'Graz' });
    expect(gone!.fields.deletedAt).toEqual(expect.any(String));
    expect(present!.fields).toMatchObject({ homeStreet: 'Ring 1', deletedAt: null });
  });

  it('saves the rows that hold trees together', () => {
    expect(backup.of('cage_closure').map(({ pk }) => pk)).toEqual(
      expect.arrayContaining([
        [1, 1],
        [1, 2],
        [2, 2],
      ]),
    );
    expect(
      backup
        .of('area')
        .map(({ fields }) => fields.mpath)
        .toSorted(),
    ).toEqual(['1.', '1.2.']);
  });

  it('writes composite keys in key order, and reserved or quoted names as they are', () => {
    expect(backup.of('order')).toEqual([
      { model: 'order', pk: [7, 'x'], fields: { 'from where': 'here', [oddName]: 'q' } },
    ]);
  });

  it('saves columns that no entity maps', () => {
    expect(backup.of('tag')).toContainEqual({ model: 'tag', pk: 'fed', fields: { extra: 'kept' } });
  });

  it('names missing and unmapped tables in the warnings', () => {
    expect(backup.manifest.warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/"ghost".*Ghost.*does not exist/),
        expect.stringMatching(/"unmapped\.table"/),
      ]),
    );
    expect(backup.manifest.complete).toBe(true);
  });

  it('gives a digest of the lines as written', async () => {
    const { createHash } = await import('node:crypto');
    for (const { name, digest } of backup.manifest.tables) {
      const own = backup.text['backup.jsonl']!.split('\n').filter((line) =>
        line.startsWith(`{"model":${JSON.stringify(name)},`),
      );
      const text = own.map((line) => `${line}\n`).join('');
      expect(`${name} ${digest}`).toBe(`${name} sha256:${createHash('sha256').update(text).digest('hex')}`);
    }
  });
});

describeEachEngine('unmapped tables and excluded entities', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;

  beforeEach(async () => {
    database = await engine.create();
  });
  afterEach(async () => {
    await app?.close();
    await database.drop();
  });

  it("saves unmapped tables when told to, but never TypeORM's own", async () => {
    app = await backupApp(database, { entities: zooEntities, synchronize: true }, { unmappedTables: 'include' });
    await app.dataSource.query('CREATE TABLE loose (note varchar(20))');
    await app.dataSource.query("INSERT INTO loose VALUES ('found')");
    const backup = await app.backUp();
    expect(backup.of('loose')).toEqual([{ model: 'loose', pk: null, fields: { note: 'found' } }]);
    expect(backup.manifest.tables.map(({ name }) => name)).not.toContain('typeorm_metadata');
  });

  it('leaves the rows of excluded entities out, and those of their junctions', async () => {
    app = await backupApp(database, { entities: zooEntities, synchronize: true }, { excludeEntities: [Tag, 'Order'] });
    await fillZoo(app.dataSource);
    const { manifest, of } = await app.backUp();
    const excluded = manifest.tables.filter((table) => table.excluded).map(({ name, rows }) => `${name}: ${rows}`);
    expect(excluded.toSorted()).toEqual(['keeper_tags_tag: 0', 'order: 0', 'tag: 0']);
    expect([...of('tag'), ...of('order'), ...of('keeper_tags_tag')]).toEqual([]);
    expect(of('keeper')).toHaveLength(2);
  });

  it('refuses to exclude one of two entities that share a table', async () => {
    const start = backupApp(database, { entities: zooEntities, synchronize: true }, { excludeEntities: [Dog] });
    await expect(start).rejects.toThrow(/excludeEntities.*"Dog" shares its table "animal" with "Animal", "Cat"/);
  });
});
