import { backupSuite } from '../../fixtures/backup-suite.js';
import { describeEngine, engines } from '../../fixtures/databases.js';

const sqliteEngines = engines.filter(({ family }) => family === 'sqlite');

for (const each of sqliteEngines) {
  describeEngine('values', each, (engine) => {
    const { app, query } = backupSuite(engine);

    it('are written plainly where the column says what they are', async () => {
      await query(
        'CREATE TABLE plain (id integer PRIMARY KEY, b boolean, n bigint, t datetime, d decimal, r double, x blob)',
      );
      await query(`INSERT INTO plain VALUES (7, 1, 5, '2026-01-31 10:00:00.123', 1.5, 2, x'00ff')`);
      expect((await app().backUp()).of('plain')).toEqual([
        {
          model: 'plain',
          pk: 7,
          fields: { b: true, n: '5', t: '2026-01-31 10:00:00.123', d: '1.5', r: '2', x: 'AP8=' },
        },
      ]);
    });

    it('of generated columns are left out, of key columns stand in key order', async () => {
      await query(
        'CREATE TABLE keyed (a int, b text, v int, twice int GENERATED ALWAYS AS (v * 2) STORED, half int AS (v / 2), PRIMARY KEY (b, a))',
      );
      await query("INSERT INTO keyed (a, b, v) VALUES (1, 'x', 4)");
      expect((await app().backUp()).lines).toEqual([{ model: 'keyed', pk: ['x', 1], fields: { v: 4 } }]);
    });

    it('are found again in a table whose columns hide the row id', async () => {
      await query('CREATE TABLE hiding (rowid text, oid text, _rowid_ text)');
      await query(`INSERT INTO hiding VALUES ('a', CAST(x'ff' AS TEXT), 'b')`);
      expect((await app().backUp()).of('hiding')[0]!.fields).toEqual({ rowid: 'a', oid: { t: '/w==' }, _rowid_: 'b' });
    });

    it('of counters are saved, and virtual tables are named in the warnings', async () => {
      await query('CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT)');
      await query('INSERT INTO counted DEFAULT VALUES');
      await query('INSERT INTO counted DEFAULT VALUES');
      await query('DELETE FROM counted');
      await query('CREATE VIRTUAL TABLE search USING fts4(words)').catch(() => {});
      const { manifest } = await app().backUp();
      expect(manifest.sequences).toEqual([{ name: 'counted', value: '2' }]);
      const virtual = await query("SELECT name FROM sqlite_master WHERE name = 'search'");
      expect(manifest.warnings.some((warning) => warning.includes('"search"'))).toBe(virtual.length > 0);
      expect(manifest.tables.map(({ name }) => name)).toEqual(['counted']);
    });
  });
}
