import { describeEngine, engines } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { Pair } from '../fixtures/pair.js';

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

    it('comes back although AUTOINCREMENT stands somewhere in the text of a table', async () => {
      pair = await Pair.open(engine, {
        schema: [
          `CREATE TABLE counted (id INTEGER PRIMARY KEY /* it's "so" */ AUTOINCREMENT)`,
          `CREATE TABLE kinds (kind varchar PRIMARY KEY CHECK (kind IN ('uuid', 'autoincrement')) NOT NULL)`,
          `CREATE TABLE defaults (id text PRIMARY KEY, how text DEFAULT 'it''s AUTOINCREMENT')`,
          'CREATE TABLE noted (id text PRIMARY KEY) -- not AUTOINCREMENT',
          'CREATE TABLE remarked (id blob PRIMARY KEY /* AUTOINCREMENT */)',
          'CREATE TABLE "AUTOINCREMENT" (id text PRIMARY KEY, "AUTOINCREMENT" text, [autoincrement 2] text, `autoincrement 3`)',
          `CREATE TABLE real_key (id real PRIMARY KEY CHECK (id <> 'AUTOINCREMENT'))`,
        ],
      });
      for (const statement of [
        'INSERT INTO counted VALUES (7), (9)',
        'DELETE FROM counted WHERE id = 9',
        `INSERT INTO kinds VALUES ('uuid'), ('autoincrement')`,
        `INSERT INTO defaults (id) VALUES ('a'), ('b')`,
        `INSERT INTO noted VALUES ('x'), (NULL)`,
        `INSERT INTO remarked VALUES (x'00'), ('y')`,
        `INSERT INTO "AUTOINCREMENT" VALUES ('one', 'two', 'three', 'four')`,
        'INSERT INTO real_key VALUES (1.5)',
      ]) {
        await pair.source.query(statement);
      }
      await pair.carry();
      const { counters } = await pair.expectEqual();
      expect(counters).toEqual({ counted: '9' });
    });

    it('comes back although somebody has written into the counters what is no number', async () => {
      pair = await Pair.open(engine, {
        schema: [
          'CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT)',
          'CREATE TABLE other (id text PRIMARY KEY)',
        ],
      });
      for (const statement of [
        'INSERT INTO counted VALUES (3)',
        `UPDATE sqlite_sequence SET seq = 'much' WHERE name = 'counted'`,
        `INSERT INTO sqlite_sequence VALUES ('other', 5)`,
        `INSERT INTO other VALUES ('key')`,
      ]) {
        await pair.source.query(statement);
      }
      await pair.carry();
      expect(await pair.target.query('SELECT id FROM other')).toEqual([{ id: 'key' }]);
      await pair.target.query('INSERT INTO counted DEFAULT VALUES');
      expect(await pair.target.query('SELECT max(id) AS id FROM counted')).toEqual([{ id: 4 }]);
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
