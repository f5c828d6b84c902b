import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { RestoreService } from 'nestjs-backup';
import { BinaryRows } from '../../../../lib/database/dialects/postgres/restore/copy/binary/rows.js';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';

const RANDOM_ROWS = process.env.TEST_LONG ? 1_000_000 : 10_000;

/** Values, in SQL, that are loaded in binary form. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  text: [`''`, `'plain'`, `E'a "quote" \\\\ back\\nslash\\t'`, `'ä😀'`, `repeat('long "', 100000)`, `'\\N'`],
  'varchar(9)': [`'words'`],
  'char(9)': [`'words'`, `''`, `'  in  it '`, `'123456789'`, `'ä日😀'`, `E' \\n"'`],
  bpchar: [`'words  '`, `'      '`, `''`],
  mood: [`'happy'`, `'so so'`],
  json: [`'{"a" :  1, "a":2}'`],
  jsonb: [`'{"b": [1.50, null], "a": "\\u00e4"}'`, `'"x"'`],
  boolean: ['true', 'false'],
  bytea: [`''`, `'\\x00ff7f'`, `decode(repeat('ab', 300000), 'hex')`],
  uuid: [`'01234567-89ab-cdef-fedc-ba9876543210'`],
  smallint: ['0', '-32768', '32767'],
  integer: ['0', '-2147483648', '2147483647'],
  bigint: ['0', '-1', '4294967296', '-4294967297', '999999999999999', '-9223372036854775808', '9223372036854775807'],
  real: [`'-0'`, '1.5', '0.1', '3.4028235e38', '1.1754944e-38', '16777217', `'NaN'`, `'-Infinity'`],
  'double precision': [`'-0'`, '0.1', '1.7976931348623157e308', '5e-324', '123456789012345680', `'NaN'`, `'Infinity'`],
  numeric: ['0', '0.0', '-0.00', '1', '-1', '0.0001', '0.00001', '10000', '1.10', '99999999.99990', '1e40', '-1e-40'],
  'numeric(12,2)': ['0', '1234567890.12', '-0.01'],
  date: [`'2000-01-01'`, `'1999-12-31'`, `'2024-02-29'`, `'1900-03-01'`, `'0001-01-01'`, `'9999-12-31'`],
  time: [`'00:00:00'`, `'23:59:59.999999'`, `'12:34:56.5'`],
  timestamp: [`'2000-01-01'`, `'1999-12-31 23:59:59.999999'`, `'0001-01-01'`, `'9999-12-31 23:59:59.999999'`],
  'timestamp(3)': [`'1969-07-20 20:17:40.123'`],
  timestamptz: [`'2000-01-01 00:00:00.000001+00'`, `'1582-10-15 12:00:00+02'`, `'2038-01-19 03:14:08+00'`],
};

/** Those that are left to the server's own reading of text, in types that have a binary form. */
const ODD: Readonly<Record<string, readonly string[]>> = {
  text: [`E'\\x01'`],
  real: ['1e-40'],
  numeric: [`'NaN'`],
  date: [`'infinity'`, `'0044-03-15 BC'`, `'12345-06-07'`],
  time: [`'24:00:00'`],
  timestamp: [`'-infinity'`, `'0044-03-15 12:00 BC'`, `'12345-06-07'`],
  timestamptz: [`'infinity'`],
};

/** Types whose binary form is not known. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'text[]': [`'{a,NULL,"b c"}'`],
  interval: [`'1 year -2 mons 3 days 04:05:06.7'`],
  timetz: [`'12:00:00+01'`],
  inet: [`'10.0.0.1/8'`],
  money: [`'12.34'`],
  xml: [`'<a/>'`],
  int4range: [`'[1,5)'`],
  positive: ['7'],
};

type Values = Readonly<Record<string, readonly string[]>>;

const nameOf = (index: number) => `t${String(index).padStart(3, '0')}`;

describeEngine('Loading rows in binary form', 'postgres', (engine) => {
  const databases: TestDatabase[] = [];
  const encoded = jest.spyOn(BinaryRows.prototype, 'encode');
  beforeEach(() => encoded.mockClear());
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.drop();
  });
  afterAll(() => encoded.mockRestore());

  /** Restores the tables into another database. @returns which blocks were loaded in binary form */
  const restored = async (schema: readonly string[], rows: readonly string[]): Promise<boolean[]> => {
    const apps = [];
    try {
      for (let which = 0; which < 2; which++) {
        const database = await engine.create();
        databases.push(database);
        await database.query(`CREATE TYPE mood AS ENUM ('happy', 'so so')`);
        await database.query('CREATE DOMAIN positive AS int CHECK (VALUE > 0)');
        for (const statement of which === 0 ? [...schema, ...rows] : schema) await database.query(statement);
        apps.push(await backupApp(database, {}, { unmappedTables: 'include' }));
      }
      const archive = await buffer((await apps[0]!.service.create()).stream);
      await apps[1]!.get(RestoreService).restore(Readable.from([archive]));
      return encoded.mock.results.map(({ value }) => value !== undefined);
    } finally {
      for (const app of apps) await app.close();
    }
  };
  const tablesOf = (values: Values) => Object.keys(values).map((type, index) => [nameOf(index), type] as const);
  const restoredValues = (values: Values) =>
    restored(
      tablesOf(values).map(([name, type]) => `CREATE TABLE ${name} (id int PRIMARY KEY, v ${type})`),
      tablesOf(values).flatMap(([name, type]) =>
        values[type]!.map((value, id) => `INSERT INTO ${name} VALUES (${id}, ${value})`),
      ),
    );
  /** The rows as the server writes them, and the size of the largest in memory, which differs where form was lost. */
  const contentOf = async ({ query }: TestDatabase, name: string) =>
    (
      await query(`SELECT string_agg(md5(r::text) || pg_column_size(r), ',' ORDER BY r::text) AS rows FROM ${name} r`)
    )[0];
  const expectSame = async (tables: readonly string[]) => {
    const [source, target] = databases as [TestDatabase, TestDatabase];
    for (const name of tables) {
      const { rows } = (await contentOf(source, name)) as { rows: string };
      expect(rows).toEqual(expect.any(String));
      expect([name, (await contentOf(target, name))!.rows]).toEqual([name, rows]);
    }
  };

  it('gives every value of the types that have one here', async () => {
    const isBinary = await restoredValues(PLAIN);
    expect(isBinary.length).toBeGreaterThanOrEqual(Object.keys(PLAIN).length);
    expect(isBinary).not.toContain(false);
    await expectSame(tablesOf(PLAIN).map(([name]) => name));
  });

  it('leaves padding to the server', async () => {
    await restored(['CREATE TABLE wide (v char(1000))'], [`INSERT INTO wide VALUES ('a'), ('b')`]);
    expect(encoded.mock.results.map(({ value }) => value)).toEqual([2 * (2 + 4 + 1)]);
    await expectSame(['wide']);
  });

  it('leaves values to the server that are not written plainly', async () => {
    const odd = Object.entries(ODD).flatMap(([type, values]) => values.map((value) => [type, value] as const));
    const isBinary = await restored(
      odd.map(([type], index) => `CREATE TABLE ${nameOf(index)} (v ${type})`),
      odd.map(([, value], index) => `INSERT INTO ${nameOf(index)} VALUES (${value})`),
    );
    expect(isBinary).toEqual(odd.map(() => false));
    await expectSame(odd.map((_, index) => nameOf(index)));
  });

  it('leaves tables to the server that have other types', async () => {
    expect(await restoredValues(OTHERS)).toEqual([]);
    await expectSame(tablesOf(OTHERS).map(([name]) => name));
  });

  it('is what NULLs and random rows come back from, through both forms in turns', async () => {
    const columns = [
      'a int',
      'b bigint',
      'c numeric',
      'd real',
      'e float8',
      'f text',
      'g timestamptz',
      'h date',
      'i time',
    ];
    const random = (sql: string) => `CASE WHEN random() < 0.05 THEN NULL ELSE ${sql} END`;
    const values = [
      random(`(random() * 4294967295)::bigint - 2147483648`),
      random(`((random() - 0.5) * 1.8e19)::numeric(20, 0)::bigint`),
      random(
        `((random() - 0.5) * power(10, (random() * 30)::int))::numeric(60, 20)::text::numeric / (1 + (random() * 9)::int)`,
      ),
      random(`((random() - 0.5) * power(10, (random() * 70)::int - 35))::real`),
      random(`(random() - 0.5) * power(10::float8, (random() * 600)::int - 300)`),
      random(`repeat(md5(random()::text), (random() * 20)::int) || E'"\\\t'`),
      random(`'0001-01-01'::timestamptz + random() * interval '9998 years'`),
      random(`'0001-01-01'::date + (random() * 3651000)::int`),
      random(`time '00:00' + random() * interval '1 day'`),
    ];
    const odd = (id: number) =>
      `INSERT INTO t VALUES (${id}, 1, 1, 'NaN', 1, 1, E'\x02', 'infinity', '-infinity', '24:00')`;
    const isBinary = await restored(
      [`CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')})`, 'CREATE INDEX ON t (f)'],
      [
        `INSERT INTO t SELECT g, ${values.join(', ')} FROM generate_series(1, ${RANDOM_ROWS}) g`,
        odd(-1),
        `INSERT INTO t SELECT -g, 1, 1, 1, 1, 1, repeat('plain', 100), '2000-01-01', '2000-01-01', '12:00' FROM generate_series(2, 2000) g`,
        odd(0),
      ],
    );
    expect(new Set(isBinary)).toEqual(new Set([true, false]));
    await expectSame(['t']);
  });
});
