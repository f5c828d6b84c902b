import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, engines, type TestDatabase } from '../fixtures/databases.js';

const sqliteEngines = engines.filter(({ family }) => family === 'sqlite');

/** SQL literals of every storage class, with their edges. */
const VALUES = [
  'NULL',
  '0',
  '1',
  '-1',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740992',
  '9223372036854775807',
  '-9223372036854775808',
  '1.5',
  '5.0',
  '9e18',
  '1e300',
  '5e-324',
  '9e999',
  '-9e999',
  "''",
  "'plain'",
  "'5'",
  "'5.0'",
  "'é😀\u2028\"\\'",
  "'a' || char(0) || 'b'",
  "'\uFFFD'",
  "CAST(x'ff00fe' AS TEXT)",
  "CAST(x'eda080' AS TEXT)",
  "x''",
  "x'00ff'",
];

const TYPES = ['integer', 'bigint', 'boolean', 'varchar', 'datetime', 'decimal', 'real', 'blob', ''];

/** The SQL that makes a written value again, whatever its column's encoding. */
function toSql(encoding: string, value: any): string {
  const text = (bytes: Buffer) => `CAST(x'${bytes.toString('hex')}' AS TEXT)`;
  const real = (digits: string) => digits.replace('Infinity', '9e999').replace(/^(-?\d+)$/, '$1.0');
  if (value === null) return 'NULL';
  if (typeof value === 'object') {
    const [[tag, content]] = Object.entries(value) as [[string, string]];
    if (tag === 'i') return content;
    if (tag === 'r') return real(content);
    return tag === 'b' ? `x'${Buffer.from(content, 'base64').toString('hex')}'` : text(Buffer.from(content, 'base64'));
  }
  if (encoding === 'base64') return `x'${Buffer.from(value, 'base64').toString('hex')}'`;
  if (encoding === 'text') return text(Buffer.from(value));
  if (encoding === 'numeric' && /^-?\d+$/.test(value)) return value;
  return encoding === 'real' || encoding === 'numeric' ? real(value) : String(Number(value));
}

for (const each of sqliteEngines) {
  describeEngine('values', each, (engine) => {
    let database: TestDatabase;
    let app: BackupApp;

    beforeEach(async () => {
      database = await engine.create();
      app = await backupApp(database, {}, { unmappedTables: 'include' });
    });
    afterEach(async () => {
      await app.close();
      await database.drop();
    });

    it.each(['', 'WITHOUT ROWID'])(
      'of every class in every kind of column come back the same (table %s)',
      async (kind) => {
        const columns = TYPES.map((type, index) => `c${index} ${type}`).join(', ');
        const run = (sql: string) => app.dataSource.query(sql);
        for (const table of ['original', 'copy'])
          await run(`CREATE TABLE ${table} (id int PRIMARY KEY, ${columns}) ${kind}`);
        for (const [id, value] of VALUES.entries()) {
          await run(`INSERT INTO original VALUES (${id}, ${TYPES.map(() => value).join(', ')})`);
        }
        const { manifest, of } = await app.backUp();
        const encodings = manifest.tables.find(({ name }) => name === 'original')!.columns;
        for (const { pk, fields } of of('original')) {
          const literals = TYPES.map((_, index) => toSql(encodings[index + 1]!.encoding, fields[`c${index}`]));
          await run(`INSERT INTO copy VALUES (${pk}, ${literals.join(', ')})`);
        }
        const rows = await run('SELECT count(*) AS n FROM copy');
        expect(Number(rows[0].n)).toBe(VALUES.length);
        for (const [index, type] of TYPES.entries()) {
          const different = await run(
            `SELECT o.id FROM original o JOIN copy c USING (id) WHERE typeof(o.c${index}) <> typeof(c.c${index})
           OR CAST(o.c${index} AS BLOB) IS NOT CAST(c.c${index} AS BLOB) OR o.c${index} IS NOT c.c${index}`,
          );
          expect({ type, different: different.map(({ id }: { id: number }) => VALUES[id]) }).toEqual({
            type,
            different: [],
          });
        }
      },
    );

    it('are written plainly where the column says what they are', async () => {
      await app.dataSource.query(
        'CREATE TABLE plain (id integer PRIMARY KEY, b boolean, n bigint, t datetime, d decimal, r double, x blob)',
      );
      await app.dataSource.query(`INSERT INTO plain VALUES (7, 1, 5, '2026-01-31 10:00:00.123', 1.5, 2, x'00ff')`);
      expect((await app.backUp()).of('plain')).toEqual([
        {
          model: 'plain',
          pk: 7,
          fields: { b: true, n: '5', t: '2026-01-31 10:00:00.123', d: '1.5', r: '2', x: 'AP8=' },
        },
      ]);
    });

    it('of generated columns are left out, of key columns stand in key order', async () => {
      await app.dataSource.query(
        'CREATE TABLE keyed (a int, b text, v int, twice int GENERATED ALWAYS AS (v * 2) STORED, half int AS (v / 2), PRIMARY KEY (b, a))',
      );
      await app.dataSource.query("INSERT INTO keyed (a, b, v) VALUES (1, 'x', 4)");
      expect((await app.backUp()).lines).toEqual([{ model: 'keyed', pk: ['x', 1], fields: { v: 4 } }]);
    });

    it('are found again in a table whose columns hide the row id', async () => {
      await app.dataSource.query('CREATE TABLE hiding (rowid text, oid text, _rowid_ text)');
      await app.dataSource.query(`INSERT INTO hiding VALUES ('a', CAST(x'ff' AS TEXT), 'b')`);
      expect((await app.backUp()).of('hiding')[0]!.fields).toEqual({ rowid: 'a', oid: { t: '/w==' }, _rowid_: 'b' });
    });

    it('of counters are saved, and virtual tables are named in the warnings', async () => {
      await app.dataSource.query('CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT)');
      await app.dataSource.query('INSERT INTO counted DEFAULT VALUES');
      await app.dataSource.query('INSERT INTO counted DEFAULT VALUES');
      await app.dataSource.query('DELETE FROM counted');
      await app.dataSource.query('CREATE VIRTUAL TABLE search USING fts4(words)').catch(() => {});
      const { manifest } = await app.backUp();
      expect(manifest.sequences).toEqual([{ name: 'counted', value: '2' }]);
      const virtual = await app.dataSource.query("SELECT name FROM sqlite_master WHERE name = 'search'");
      expect(manifest.warnings.some((warning) => warning.includes('"search"'))).toBe(virtual.length > 0);
      expect(manifest.tables.map(({ name }) => name)).toEqual(['counted']);
    });
  });
}
