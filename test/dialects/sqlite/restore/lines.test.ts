import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { DataSource } from 'typeorm';
import { STORED } from '../../../../lib/archive/compression.js';
import type { CatalogTable } from '../../../../lib/database/catalog-table.js';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { modelName } from '../../../../lib/database/table-location.js';
import { type LineValue, lineTemplate } from '../../../../lib/jsonl/format.js';
import { type LineSource, StreamedLines } from '../../../../lib/jsonl/line-source.js';
import { tableScan } from '../../../../lib/jsonl/parser.js';
import { type ExpectedTable, readTables } from '../../../../lib/jsonl/reader.js';
import { type PackedLines, ThreadedLines } from '../../../../lib/jsonl/thread/threaded-lines.js';
import { LineBlockBuilder } from '../../../../lib/jsonl/writer.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';
import { sqliteColumnTypes, sqliteValues } from '../../../fixtures/types/sqlite.js';
import { find } from '../../support/lines.js';
import { begin, columnsOf } from '../../support/saved.js';
import { KINDS, run } from '../harness.js';
import { dump, restoreSuite } from './harness.js';

const { connect, open } = restoreSuite();

/** The lines of a table as they are in an archive. */
async function linesOf(dataSource: DataSource, name: string): Promise<{ table: CatalogTable; bytes: Buffer }> {
  const snapshot = await open(dataSource);
  const table = find(snapshot, name);
  const chunks: Buffer[] = [];
  for await (const { bytes } of snapshot.lines(table, name)) chunks.push(Buffer.from(bytes));
  await snapshot.close();
  return { table, bytes: Buffer.concat(chunks) };
}

/** Lines that a thread reads, which also finds their values. */
function threaded(table: ExpectedTable, bytes: Buffer): LineSource {
  const packed: PackedLines = {
    method: STORED,
    size: bytes.length,
    chunks: Readable.from([bytes]),
    check: () => {},
    undecodable: ({ message }) => new Error(message) as never,
  };
  return new ThreadedLines(packed, [table.rows], 2 ** 24, [tableScan(table).lines]);
}

/** `rows`: each value has been parsed; `lines`: as they are; `found`: with the places of their values, as in a restore. */
type Way = 'rows' | 'lines' | 'found';

async function load(into: DataSource, from: { table: CatalogTable; bytes: Buffer }, way: Way) {
  const { table: archived, bytes } = from;
  const name = modelName(archived);
  const expected: ExpectedTable = {
    name,
    columns: archived.columns.filter(({ generated }) => !generated),
    primaryKey: archived.primaryKey,
    rows: bytes.toString('latin1').split('\n').length - 1,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  };
  const session = await sqliteRestore(into).openRestore();
  try {
    const table = find(session, name);
    const columns = columnsOf(table, archived.columns);
    await begin(session);
    const source = way === 'found' ? threaded(expected, bytes) : new StreamedLines(Readable.from([bytes]));
    for await (const { batches, lines } of readTables(source, { tables: [expected] })) {
      if (way === 'rows') await session.load(table, columns, batches);
      else await session.loadLines!(table, columns, { model: name, primaryKey: archived.primaryKey }, lines);
    }
    await session.complete([]);
    await session.commit();
  } finally {
    await session.close();
  }
}

/** All ways into tables of the same definition. */
async function loaded(kind: (typeof KINDS)[number], create: string[], from: Awaited<ReturnType<typeof linesOf>>) {
  const dumps: string[] = [];
  for (const way of ['rows', 'lines', 'found'] as const) {
    const to = await connect(kind, way);
    await run(to, ...create);
    await load(to, from, way);
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
function madeLines(chance: Chance, odd: number): { table: CatalogTable; bytes: Buffer } {
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
    await expect(load(stricter, saved, 'lines')).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
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
        await expect(load(to, { table, bytes: forged }, way)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
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
