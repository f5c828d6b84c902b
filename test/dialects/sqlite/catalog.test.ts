import type BetterSqlite3 from 'better-sqlite3';
import { find, read } from '../support/lines.js';
import { FILES, KINDS, sqliteSuite } from './harness.js';

const { connect, open } = sqliteSuite();

describe.each(KINDS)('what SQLite holds (%s)', (kind) => {
  it('keeps a byte order mark, NULs and invalid UTF-8, also where a replacement character is meant', async () => {
    const dataSource = await connect(kind);
    const texts = ['efbbbf41', '610062', 'ff00fe', 'eda080', 'efbfbd', 'efbfbdff'];
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
    for (const hex of texts) await dataSource.query(`INSERT INTO t (v) VALUES (CAST(x'${hex}' AS TEXT))`);
    const values = (await read(await open(dataSource), 't')).map(({ fields }) => fields.v as string | { t: string });
    const bytes = values.map((v) => (typeof v === 'string' ? Buffer.from(v) : Buffer.from(v.t, 'base64')));
    expect(bytes.map((value) => value.toString('hex'))).toEqual(texts);
  });

  it('knows its tables as they are declared, whatever their names hold', async () => {
    const dataSource = await connect(kind);
    const wide = Array.from({ length: 300 }, (_, i) => `"c ${i}" int DEFAULT ${i}`).join(', ');
    await dataSource.query(`CREATE TABLE "a ""b"".c d" (${wide})`);
    await dataSource.query(`INSERT INTO "a ""b"".c d" DEFAULT VALUES`);
    await dataSource.query(
      'CREATE TABLE keyed (a int, b text, v int, d int AS (v * 2), PRIMARY KEY (b, a)) WITHOUT ROWID',
    );
    await dataSource.query("INSERT INTO keyed VALUES (1, 'x', 4)");
    await dataSource.query('CREATE TABLE strict (id integer PRIMARY KEY, any any, r real NOT NULL) STRICT');
    await dataSource.query("INSERT INTO strict VALUES (1, '5', 5), (2, 5, 5)");
    await dataSource.query('CREATE TABLE child (k text, n int, FOREIGN KEY (k, n) REFERENCES KEYED (b, a))');
    await dataSource.query('CREATE VIEW seen AS SELECT 1');
    const snapshot = await open(dataSource);

    expect(snapshot.server).toEqual({
      type: dataSource.options.type,
      version: (await dataSource.query('SELECT sqlite_version() AS v'))[0].v,
    });
    expect(snapshot.tables.map(({ schema, name }) => [schema, name])).toEqual([
      [null, 'a "b".c d'],
      [null, 'child'],
      [null, 'keyed'],
      [null, 'strict'],
    ]);
    const { primaryKey, columns } = find(snapshot, 'keyed');
    expect(primaryKey).toEqual(['b', 'a']);
    expect(columns.filter(({ generated }) => generated).map(({ name }) => name)).toEqual(['d']);
    expect(find(snapshot, 'strict').columns[2]).toEqual(
      expect.objectContaining({ name: 'r', encoding: 'real', nullable: false }),
    );
    expect(snapshot.foreignKeys.map(({ from, to }) => [from.name, to.name])).toEqual([['child', 'keyed']]);
    expect(Object.values((await read(snapshot, 'a "b".c d'))[0]!.fields)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    expect(await read(snapshot, 'keyed')).toEqual([{ model: 'keyed', pk: ['x', 1], fields: { v: 4 } }]);
    expect((await read(snapshot, 'strict')).map(({ fields }) => fields)).toEqual([
      { any: '5', r: '5' },
      { any: { i: '5' }, r: '5' },
    ]);
    expect(await snapshot.select(find(snapshot, 'strict'), ['id', 'any'], 'id')).toEqual([
      ['1', '5'],
      ['2', '5'],
    ]);
  });
});

describe.each(FILES)('what an SQLite file holds (%s)', (kind) => {
  it('reads a database that nothing was ever written to', async () => {
    expect((await open(await connect(kind))).tables).toEqual([]);
  });

  it('finds text again in a database that stores it as UTF-16', async () => {
    const dataSource = await connect(kind, 'app', {
      prepareDatabase: (database: BetterSqlite3.Database) => void database.exec("PRAGMA encoding = 'UTF-16le'"),
    });
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text, n integer)');
    await dataSource.query("INSERT INTO t VALUES (1, 'é \uFFFD 😀', 'word')");
    expect((await read(await open(dataSource), 't'))[0]!.fields).toEqual({ v: 'é \uFFFD 😀', n: { t: 'd29yZA==' } });
  });

  it('keeps tables of its own that a search index reads, and names the index, whose tables it leaves out', async () => {
    const dataSource = await connect(kind);
    await dataSource.query('CREATE TABLE posts_content (id integer PRIMARY KEY, body text)');
    await dataSource.query("CREATE VIRTUAL TABLE posts USING fts5(body, content='posts_content', content_rowid='id')");
    await dataSource.query('CREATE TABLE posts_rowid (id integer)');
    const snapshot = await open(dataSource);
    expect(snapshot.tables.map(({ name }) => name)).toEqual(['posts_content', 'posts_rowid']);
    expect(snapshot.caveats).toEqual([expect.stringContaining('"posts"')]);
  });
});
