import { isUtf8 } from 'node:buffer';
import BetterSqlite3 from 'better-sqlite3';
import initSqlJs from 'sql.js';
import {
  toConnection as fileConnection,
  type SqlDatabase,
} from '../../../lib/database/dialects/sqlite/better-sqlite3.js';
import { readTables } from '../../../lib/database/dialects/sqlite/catalog.js';
import type { SqliteConnection, SqliteValue } from '../../../lib/database/dialects/sqlite/connection.js';
import { readLines } from '../../../lib/database/dialects/sqlite/rows.js';
import { type SqlJs, toConnection as sqlJsConnection } from '../../../lib/database/dialects/sqlite/sql-js.js';
import type { Chance } from '../../fixtures/chance.mjs';
import { sampled } from '../../fixtures/streams.js';

const DRIVERS: Readonly<Record<string, () => Promise<SqliteConnection>>> = {
  'better-sqlite3': async () => fileConnection(new BetterSqlite3(':memory:').unsafeMode() as unknown as SqlDatabase),
  'sql.js': async () => sqlJsConnection(new (await initSqlJs()).Database() as unknown as SqlJs),
};
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const EDGES = [0n, 1n, -1n, 2n, 2n ** 53n - 1n, 2n ** 53n, 1n - 2n ** 53n, -(2n ** 53n), HIGHEST, LOWEST];
const REALS = [
  0.1,
  0.1 + 0.2,
  -12.5,
  99.99,
  1e-4,
  9.9e-5,
  1e15,
  999_999_999_999_999.9,
  123_456_789_012_345,
  5e-324,
].concat([1.7976931348623157e308, Number.POSITIVE_INFINITY, -0, 1 / 3, 2 ** 53, 1e21, 1e-7, 4.35, 100, 2 ** 63]);
const TEXTS = [
  '',
  "it's",
  '"quoted" \\',
  '\0in\0it',
  'tab\tline\n\r\b\f',
  '\u{1}\u{1f}\u{7f}',
  'ü€😀\u{2028}',
  '12',
  '0.10',
];
const NAMES = ['plain', 'a "b"', "it's", 'back\\slash', 'ünï'];
const TYPES = ['text', 'integer', 'bigint', 'boolean', 'double', 'decimal(10,2)', 'datetime', 'blob'];

describe.each(Object.entries(DRIVERS))('The lines of a table of SQLite, by %s', (_, connect) => {
  /** What is asked of a connection, by its beginning. */
  const watched = (connection: SqliteConnection) => {
    const asked = { chunks: 0, byValue: 0 };
    const watching: SqliteConnection = {
      ...connection,
      prepareRead: (sql) => {
        const statement = connection.prepareRead(sql);
        return { ...statement, all: (parameters) => (asked.chunks++, statement.all(parameters)) };
      },
      iterate: (sql) => (asked.byValue++, connection.iterate(sql)),
    };
    return { asked, watching };
  };

  async function textOf(connection: SqliteConnection, { byValue = false } = {}): Promise<string> {
    const [table] = readTables(connection).tables;
    // Of a table without row ids each value is read by itself.
    const read = byValue ? { ...table!, rowId: undefined } : table!;
    const blocks: string[] = [];
    let rows = 0;
    for await (const { bytes, count } of readLines(connection, read, 't', () => {})) {
      expect(isUtf8(bytes)).toBe(true);
      blocks.push(bytes.toString('utf8'));
      rows += count;
    }
    const text = blocks.join('');
    expect(text.split('\n')).toHaveLength(rows + 1);
    return text;
  }

  async function filled(columns: readonly string[], rows: ReadonlyArray<readonly SqliteValue[]>) {
    const connection = await connect();
    connection.exec(`CREATE TABLE t (${columns.join(', ')})`);
    const insert = connection.prepareWrite(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`);
    for (const row of rows) insert.run(row);
    insert.free();
    return connection;
  }

  /** One that SQLite can write in any column. */
  const easy = (chance: Chance, type: string): SqliteValue =>
    chance.of<() => SqliteValue>([
      () => null,
      () => BigInt(chance.between(-1000, 1000)),
      () => chance.between(-1e9, 1e9) / 10 ** chance.between(1, 4) + 0.5,
      () => (type === 'text' ? chance.of(TEXTS).repeat(chance.between(0, 30)) : 0n),
    ])();

  const any = (chance: Chance): SqliteValue =>
    chance.of<() => SqliteValue>([
      () => chance.of(EDGES),
      () => chance.of(REALS),
      () => chance.between(-1e9, 1e9) / 10 ** chance.between(0, 18),
      () => Number((chance.between(1, 1e9) * chance.between(1, 1e9) * 10 ** chance.between(-24, 0)).toPrecision(15)),
      () => chance.bytes(8).readDoubleLE() || null,
      () => chance.of(TEXTS),
      () => 'x'.repeat(20_000),
      () => chance.bytes(2),
      () => Buffer.from('text'),
    ])();

  it('are the same whether SQLite makes them or each value is read, whatever the values are', () =>
    sampled(40, async (chance) => {
      const types = Array.from({ length: chance.between(1, 8) }, () => chance.of(TYPES));
      const columns = types.map((type, index) => `"${chance.of(NAMES).replaceAll('"', '""')}${index}" ${type}`);
      // Few of those that SQLite may not be able to write, so that it is asked for the rows around each one.
      const often = chance.of([0, 1, 1, 1, 500]);
      const rows = Array.from({ length: chance.between(1, 700) }, () =>
        types.map((type) => (chance.between(1, 1000) <= often ? any(chance) : easy(chance, type))),
      );
      const connection = await filled(columns, rows);
      // Text that no driver would insert.
      if (chance.between(0, 1)) {
        const [[column] = []] = connection.all("SELECT name FROM pragma_table_info('t') LIMIT 1");
        const name = `"${String(column).replaceAll('"', '""')}"`;
        connection.exec(`UPDATE t SET ${name} = CAST(x'61c3' AS TEXT) WHERE _rowid_ % ${chance.between(50, 400)} = 7`);
      }
      expect(await textOf(connection)).toBe(await textOf(connection, { byValue: true }));
      connection.close();
    }));

  it('are made by SQLite, many at a time, where it can write all their values', async () => {
    const rows = Array.from({ length: 1000 }, (_, id) => [BigInt(id), `name ${id}`, id / 100, BigInt(id % 2), null]);
    const { asked, watching } = watched(
      await filled(['id integer PRIMARY KEY', 'a text', 'b decimal', 'c boolean', 'd blob'], rows),
    );
    const text = await textOf(watching);
    expect(text.split('\n')[123]).toBe('{"model":"t","pk":123,"fields":{"a":"name 123","b":"1.23","c":true,"d":null}}');
    expect(asked.byValue).toBe(0);
    expect(asked.chunks).toBeLessThan(6);
  });

  it('are read by value around a row that SQLite cannot write, and no further', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => [BigInt(id), id === 2500 ? Buffer.from([1]) : 'text']);
    const { asked, watching } = watched(await filled(['id integer PRIMARY KEY', 'a text'], rows));
    expect(await textOf(watching)).toContain('{"model":"t","pk":2500,"fields":{"a":{"b":"AQ=="}}}\n');
    expect(asked.byValue).toBe(1);
  });

  it('are seldom tried by SQLite where it can write none', async () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => [BigInt(id), Buffer.from([1])]);
    const { asked, watching } = watched(await filled(['id integer PRIMARY KEY', 'a blob'], rows));
    expect((await textOf(watching)).split('\n')).toHaveLength(20_001);
    expect(asked.chunks).toBeLessThan(12);
  });

  it('have the rows with the lowest and the highest row id', async () => {
    const connection = await filled(
      ['id integer PRIMARY KEY', 'a text'],
      [
        [LOWEST, 'l'],
        [-5n, 'm'],
        [HIGHEST, 'h'],
      ],
    );
    const ids = (await textOf(connection)).split('\n').map((line) => /"fields":\{"a":"(.)"/.exec(line)?.[1]);
    expect(ids).toEqual(['l', 'm', 'h', undefined]);
    connection.exec("UPDATE t SET a = x'01'");
    expect((await textOf(connection)).split('\n')).toHaveLength(4);
  });

  it('that are long are not collected in memory', async () => {
    const long = 'x'.repeat(20_000_000);
    const rows = Array.from({ length: 600 }, (_, id) => [BigInt(id), id > 520 && id < 525 ? long : 'short']);
    const connection = await filled(['id integer PRIMARY KEY', 'a text'], rows);
    const { watching } = watched(connection);
    const chunks: number[] = [];
    const reading: SqliteConnection = {
      ...watching,
      prepareRead: (sql) => {
        const statement = watching.prepareRead(sql);
        const all = (parameters: readonly SqliteValue[]) => {
          const found = statement.all(parameters);
          chunks.push((found[0]![0] as Uint8Array | null)?.length ?? 0);
          return found;
        };
        return { ...statement, all };
      },
    };
    expect((await textOf(reading)).length).toBeGreaterThan(80_000_000);
    expect(Math.max(...chunks)).toBeLessThan(1_000_000);
  });

  it('of columns are read whose collation nobody but the application knows', async () => {
    const types = ['text', 'integer', 'boolean', 'decimal', 'double'];
    const connection = await filled(
      types.map((type, index) => `c${index} ${type}`),
      [['a', 5n, 1n, 1.5, 2.5]],
    );
    connection.exec('PRAGMA writable_schema = ON');
    connection.exec("UPDATE sqlite_master SET sql = replace(replace(sql, ',', ' COLLATE own,'), ')', ' COLLATE own)')");
    connection.exec('PRAGMA writable_schema = RESET');
    expect(() => connection.all('SELECT 1 FROM t WHERE c0 = c1')).toThrow('no such collation');
    const { asked, watching } = watched(connection);
    const fields = '{"c0":"a","c1":5,"c2":true,"c3":"1.5","c4":"2.5"}';
    expect(await textOf(watching)).toBe(`{"model":"t","pk":null,"fields":${fields}}\n`);
    expect(asked.byValue).toBe(0);
  });

  it('of a table with very many columns are all there', async () => {
    const name = (index: number) => `a column with a name of a hundred characters ${index}`.padEnd(100, '.');
    const columns = Array.from({ length: 1900 }, (_, index) => `"${name(index)}" text`);
    const connection = await connect();
    connection.exec(`CREATE TABLE t (${columns.join(', ')})`);
    connection.exec(`INSERT INTO t ("${name(1899)}") VALUES ('last')`);
    const { fields } = JSON.parse(await textOf(connection)) as { fields: Record<string, unknown> };
    expect(Object.keys(fields)).toHaveLength(1900);
    expect(fields[name(1899)]).toBe('last');
  });
});

describe('A connection of better-sqlite3', () => {
  it('keeps no statement whose rows have all been read', () => {
    const database = new BetterSqlite3(':memory:') as unknown as SqlDatabase;
    const prepare = database.prepare.bind(database);
    let ended = 0;
    database.prepare = (sql) => {
      const statement = prepare(sql);
      const iterate = statement.iterate.bind(statement);
      statement.iterate = () => {
        const rows = iterate();
        const end = rows.return!.bind(rows);
        rows.return = () => (ended++, end());
        return rows;
      };
      return statement;
    };
    const connection = fileConnection(database);
    for (let read = 0; read < 3; read++) expect([...connection.iterate('VALUES (1), (2)')]).toEqual([[1n], [2n]]);
    const open = connection.iterate('VALUES (1), (2)')[Symbol.iterator]();
    open.next();
    connection.close();
    expect(ended).toBe(1);
  });
});
