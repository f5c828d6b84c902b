import type { Database } from 'better-sqlite3';
import { describeEngine, engines } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { Pair } from '../fixtures/pair.js';
import { sqliteColumnTypes, sqliteValues } from '../fixtures/types/sqlite.js';

const columns = sqliteColumnTypes.map((type, index) => `c${index} ${type}`).join(', ');

/** Strict tables take one class a column, except for ANY. */
const STRICT = [
  [`INTEGER`, '9223372036854775807', '-1', 'NULL'],
  [`REAL`, '5', '9e999', '5e-324'],
  [`TEXT`, `''`, `'a' || char(0)`, `CAST(x'ff' AS TEXT)`],
  [`BLOB`, `x'00ff'`, `x''`, 'NULL'],
  [`ANY`, `'5'`, '5', '5.0'],
];

/** What an application may do to its connections. */
const HOSTILE = [
  'reverse_unordered_selects = ON',
  'count_changes = ON',
  'case_sensitive_like = ON',
  'full_column_names = ON',
  'short_column_names = OFF',
  'empty_result_callbacks = ON',
  'ignore_check_constraints = ON',
  'recursive_triggers = ON',
  'cell_size_check = ON',
  'temp_store = MEMORY',
];

function prepareDatabase(database: Database): void {
  database.defaultSafeIntegers(true);
  for (const pragma of HOSTILE) database.pragma(pragma);
}

for (const each of everyday(
  engines.filter(({ family }) => family === 'sqlite'),
  1,
)) {
  describeEngine('every value of SQLite, between hostile connections', each, (engine) => {
    let pair: Pair;
    afterEach(() => pair?.close());

    it.each(['', 'WITHOUT ROWID'])(
      `comes back the same in another database, in columns of ${sqliteColumnTypes.length} types (table %s)`,
      async (kind) => {
        const strict = STRICT.map(([type], index) => `c${index} ${type}`).join(', ');
        pair = await Pair.open(engine, {
          schema: [
            `CREATE TABLE t (id int PRIMARY KEY, ${columns}) ${kind}`,
            `CREATE TABLE s (id int PRIMARY KEY, ${strict}) STRICT${kind && `, ${kind}`}`,
            'CREATE TABLE keyed (a blob, b text, c, PRIMARY KEY (c, a, b))',
          ],
          dataSource: engine.name === 'sql.js' ? {} : { prepareDatabase },
        });
        const { query } = pair.source;
        for (const [id, value] of sqliteValues.entries()) {
          await query(`INSERT INTO t VALUES (${id}, ${sqliteColumnTypes.map(() => value).join(', ')})`);
        }
        for (const id of [1, 2, 3]) {
          await query(`INSERT INTO s VALUES (${id}, ${STRICT.map((row) => row[id]).join(', ')})`);
        }
        await query(`INSERT INTO keyed VALUES (x'00', CAST(x'ff' AS TEXT), 1), (NULL, NULL, 1.0), (x'', '', '1')`);
        await pair.carry();
        const { tables } = await pair.expectEqual();
        expect([tables.t!.rows, tables.s!.rows, tables.keyed!.rows]).toEqual([String(sqliteValues.length), '3', '3']);
      },
    );
  });
}
