import type { DataSource } from 'typeorm';
import type { CatalogTable } from '../../../../lib/database/catalog-table.js';
import { type LineValue, lineTemplate } from '../../../../lib/jsonl/format.js';
import { LineBlockBuilder } from '../../../../lib/jsonl/writer.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';
import { sqliteColumnTypes, sqliteValues } from '../../../fixtures/types/sqlite.js';
import { find } from '../../support/lines.js';
import { loadBy, type TableLines, WAYS } from '../../support/ways.js';
import { KINDS, run } from '../harness.js';
import { dump, restoreSuite } from './harness.js';

const { connect, open } = restoreSuite();

/** The lines of a table as they are in an archive. */
async function linesOf(dataSource: DataSource, name: string): Promise<TableLines> {
  const snapshot = await open(dataSource);
  const table = find(snapshot, name);
  const chunks: Buffer[] = [];
  for await (const { bytes } of snapshot.lines(table, name)) chunks.push(Buffer.from(bytes));
  await snapshot.close();
  return { table, bytes: Buffer.concat(chunks) };
}

/** All ways into tables of the same definition. */
async function loaded(kind: (typeof KINDS)[number], create: string[], from: TableLines) {
  const dumps: string[] = [];
  for (const way of WAYS) {
    const to = await connect(kind, way);
    await run(to, ...create);
    await loadBy(way, to, from);
    dumps.push(await dump(to));
  }
  expect(dumps[2]).toBe(dumps[1]);
  return { byRows: dumps[0]!, byLines: dumps[1]! };
}

/** What a line holds, by the encoding of its column: no two are alike in class, sign, length or escapes. */
const PLAIN: Readonly<Record<'integer' | 'boolean' | 'text' | 'base64' | 'real' | 'numeric', readonly LineValue[]>> = {
  integer: [0, -7, 2 ** 31, 999_999_999_999_999, -999_999_999_999_999],
  boolean: [true, false],
  text: [
    ...['', 'plain', 'a "quote"\n\\ \t/', 'é😀\u2028\uFEFF', '\uFFFE\uFFFF\uFFFD', 'long\n'.repeat(2000)],
    ...['5', ' 5.0', '-0', '0x10', '1e3', 'NaN', '9223372036854775808', '2026-01-01'],
  ],
  base64: ['', 'AAEC', '//+/'],
  real: ['1.5', '-0', '5', '5e-324', 'Infinity', '-Infinity', '9007199254740993'],
  numeric: [
    ...['12', '-12', '007', '-0', '0', '123456789012345', '1234567890123456', '-1234567890123457'],
    ...['9223372036854775807', '-9223372036854775808', '0.1', '5.0', '-0.0', '1e300'],
  ],
};
/** What is only read by parsing the line. */
const NOT_PLAIN: readonly LineValue[] = [
  { t: '/w==' },
  { t: 'NQ==' },
  { i: '5' },
  { r: '5' },
  { b: 'NQ==' },
  { i: '9223372036854775807' },
];

/** Lines of a table `t` with a key and a column of each type. @param odd how many in a hundred rows are not plain */
function madeLines(chance: Chance, odd: number): TableLines {
  // Among texts alone, nothing but the values tells one column from another.
  const encodings = chance.of([Object.keys(PLAIN), ['text']]) as Array<keyof typeof PLAIN>;
  const names = sqliteColumnTypes.map((_, at) => ({
    name: `c${at}`,
    encoding: chance.of(encodings),
    generated: false,
  }));
  const key = { name: 'id', encoding: 'integer' as const, generated: false };
  // In its lines, the key comes first.
  const table = { schema: null, name: 't', columns: [...names, key], primaryKey: ['id'] } as unknown as CatalogTable;
  const template = lineTemplate(table, 't');
  const columns = [key, ...names];
  const builder = new LineBlockBuilder(template);
  for (let id = 0; id < 60; id++) {
    const values = columns.map(({ encoding }, index): LineValue => {
      if (index === 0) return id;
      if (chance.between(0, 9) === 0) return null;
      return chance.of(PLAIN[encoding]);
    });
    if (chance.between(1, 100) <= odd) values[chance.between(1, names.length)] = chance.of(NOT_PLAIN);
    builder.add(values.map((value) => JSON.stringify(value)));
  }
  return { table, bytes: builder.take()!.bytes };
}

/** Tables `t` for such lines, whose types have nothing to do with them. */
const typesFor = (chance: Chance) => {
  const shift = chance.between(0, sqliteColumnTypes.length - 1);
  const columns = sqliteColumnTypes.map(
    (_, at) => `c${at} ${sqliteColumnTypes[(at + shift) % sqliteColumnTypes.length]}`,
  );
  return ['DROP TABLE IF EXISTS t', `CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')})`];
};

describe.each(KINDS)('lines that are loaded without being parsed [%s]', (kind) => {
  it('store what their values store, whatever the types of the columns', () =>
    sampled(10, async (chance) => {
      const { byRows, byLines } = await loaded(kind, typesFor(chance), madeLines(chance, chance.of([0, 0, 5])));
      expect(byLines).toBe(byRows);
    }));

  it('store each value that SQLite can hold', async () => {
    const from = await connect(kind, 'from');
    const columns = sqliteColumnTypes.map((type, at) => `c${at} ${type}`).join(', ');
    const create = `CREATE TABLE t (id int PRIMARY KEY, ${columns})`;
    await run(from, create);
    for (const [id, value] of sqliteValues.entries()) {
      await run(from, `INSERT INTO t VALUES (${id}, ${sqliteColumnTypes.map(() => value).join(', ')})`);
    }
    const { byRows, byLines } = await loaded(kind, [create], await linesOf(from, 't'));
    expect(byLines).toBe(byRows);
    expect(byLines).toBe(await dump(from));
  });

  it('meet the checks, computed columns, collations and strict types of their table', async () => {
    const create = [
      `CREATE TABLE t (a text COLLATE NOCASE CHECK (typeof(a) = 'text' AND length(a) < 9), n int,
        double text AS (a || '/' || a) STORED, short text AS (substr(a, 1, 1)), any_of ANY, b blob,
        PRIMARY KEY (n, a)) STRICT, WITHOUT ROWID`,
      'CREATE UNIQUE INDEX upper_a ON t (upper(a), double)',
    ];
    const from = await connect(kind, 'from');
    await run(from, ...create);
    await run(
      from,
      `INSERT INTO t (a, n, any_of, b) VALUES ('a', 1, '5', x'00'), ('B\n', 2, 5, NULL), ('', 3, 'x', x'')`,
    );
    const saved = await linesOf(from, 't');
    const { byRows, byLines } = await loaded(kind, create, saved);
    expect(byLines).toBe(byRows);
    expect(byLines).toBe(await dump(from));
    const stricter = await connect(kind, 'stricter');
    await run(stricter, create[0]!.replace('length(a) < 9', `a <> 'B' || char(10)`));
    await expect(loadBy('lines', stricter, saved)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
  });

  it('store nothing when the last of them is none of their table', async () => {
    const [from, to] = [await connect(kind, 'from'), await connect(kind, 'to')];
    for (const one of [from, to]) await run(one, 'CREATE TABLE t (id integer PRIMARY KEY, v text, b blob, n decimal)');
    await run(from, `INSERT INTO t VALUES (1, 'one', x'01', 1), (2, 'two', x'02', 2), (3, 'three', x'03', 3)`);
    await run(to, `INSERT INTO t VALUES (7, 'seven', x'07', 7)`);
    const before = await dump(to);
    const { table, bytes } = await linesOf(from, 't');
    const wrong = [
      ...['"v":7,"b":"Aw=="', '"v":"thr\tee","b":"Aw=="', '"v":"\\x","b":"Aw=="', '"w":"three","b":"Aw=="'],
      ...['"v":"three","b":"Aw="', '"v":"three","b":"$w=="', '"v":"three","b":"Aw==","w":""'],
    ].map((fields) => `${fields},"n":"3"`);
    for (const n of ['three', '', '9223372036854775808', '-', '3 ', '0x3']) {
      wrong.push(`"v":"three","b":"Aw==","n":"${n}"`);
    }
    for (const fields of wrong) {
      const forged = Buffer.from(bytes.toString().replace('"v":"three","b":"Aw==","n":"3"', fields));
      expect(forged).not.toEqual(bytes);
      for (const way of ['lines', 'found'] as const) {
        await expect(loadBy(way, to, { table, bytes: forged })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
        expect(await dump(to)).toBe(before);
      }
    }
  });
});

it.each(['UTF-16le', 'UTF-16be'])('lines go into a database in %s', (encoding) =>
  sampled(3, async (chance) => {
    const to = [...typesFor(chance).slice(0, 1), `PRAGMA encoding = '${encoding}'`, ...typesFor(chance).slice(1)];
    const { byRows, byLines } = await loaded('rollback journal', to, madeLines(chance, 0));
    expect(byLines).toBe(byRows);
  }),
);
