import { describeEngine, engines } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { everyday } from '../fixtures/everyday.js';

for (const each of everyday(
  engines.filter(({ family }) => family === 'sqlite'),
  1,
)) {
  describeEngine('what only SQLite has', each, (engine) => {
    let pair: Pair;
    afterEach(() => pair?.close());

    it('comes back: counters beyond the rows, tables without row ids, strict ones, of no type, of any spelling', async () => {
      pair = await Pair.open(engine, {
        schema: [
          'CREATE TABLE Counted (id integer PRIMARY KEY AUTOINCREMENT)',
          'CREATE TABLE emptied (id integer PRIMARY KEY AUTOINCREMENT)',
          'CREATE TABLE without (a text, b int, PRIMARY KEY (b, a)) WITHOUT ROWID',
          'CREATE TABLE strictly (id integer PRIMARY KEY, v any) STRICT',
          'CREATE TABLE "sqlite.like [x] `y`" (rowid, oid, _rowid_)',
          'CREATE TABLE computed (v int, twice int AS (v * 2) STORED, half int AS (v / 2))',
        ],
      });
      for (const statement of [
        'INSERT INTO Counted VALUES (1), (90)',
        'DELETE FROM Counted WHERE id = 90',
        'INSERT INTO emptied VALUES (9223372036854775807)',
        'DELETE FROM emptied',
        `INSERT INTO without VALUES ('x', 2), ('', 1)`,
        `INSERT INTO strictly VALUES (1, 5), (2, '5'), (3, x'35')`,
        `INSERT INTO "sqlite.like [x] \`y\`" VALUES (1, CAST(x'ff' AS TEXT), x'')`,
        'INSERT INTO computed (v) VALUES (7)',
      ]) {
        await pair.source.query(statement);
      }
      const { warnings } = await pair.carry();
      const { counters } = await pair.expectEqual();
      expect(counters).toEqual({ Counted: '90', emptied: '9223372036854775807' });
      expect(warnings).toEqual([]);
    });

    it('is named where it is not saved: search indexes, and what is attached in memory', async () => {
      pair = await Pair.open(engine, { schema: ['CREATE TABLE post (id integer PRIMARY KEY, body text)'] });
      const { dataSource } = pair.from;
      const expected: string[] = [];
      const fts = await dataSource.query('CREATE VIRTUAL TABLE search USING fts4(words)').then(
        () => true,
        () => false,
      );
      if (fts) expected.push('Virtual table "search"');
      else console.warn('Skipped: this SQLite has no full-text search.');
      if (engine.name !== 'sql.js') {
        await dataSource.query(`ATTACH ':memory:' AS scratch`);
        expected.push('"scratch" is attached in memory only');
      }
      const { warnings, tables } = (await pair.from.backUp()).manifest;
      expect(tables.map(({ name }) => name)).toEqual(['post']);
      for (const text of expected) expect(warnings).toContainEqual(expect.stringContaining(text));
      expect(warnings).toHaveLength(expected.length);
    });
  });
}
