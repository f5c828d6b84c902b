import { setImmediate } from 'node:timers/promises';
import { type LineBlock, lineTemplate } from '../../../jsonl/format.js';
import { LineBlockBuilder, type LineCell } from '../../../jsonl/writer.js';
import type { CatalogColumn } from '../../catalog-table.js';
import { quoteIdentifier } from '../quote.js';
import type { SqliteTable } from './catalog.js';
import type { SqliteConnection, SqliteValue } from './connection.js';
import { encodeTextBytes, encodeValue } from './value-codec.js';

/** The driver works in this thread; it yields to the event loop after this many milliseconds. */
const SLICE_MS = 5;

/** The rows of one table as lines, read in slices. @param check throws when reading is to end */
export async function* readLines(
  connection: SqliteConnection,
  table: SqliteTable,
  model: string,
  check: () => void,
): AsyncGenerator<LineBlock> {
  check();
  const template = lineTemplate(table, model);
  const builder = new LineBlockBuilder(template);
  const { sql, cell } = selectRows(connection, table, template.columns);
  const cells: LineCell[] = [];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const row of connection.iterate(sql)) {
    for (let index = 0; index < template.columns.length; index++) cells[index] = cell(row, index);
    builder.add(cells);
    if (builder.full) {
      yield builder.take()!;
      check();
    }
    if (performance.now() > sliceEnd) {
      await setImmediate();
      check();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  const rest = builder.take();
  if (rest) yield rest;
}

/** The text of some columns, for small tables. */
export function selectTexts(
  connection: SqliteConnection,
  { sqlName }: SqliteTable,
  columns: readonly string[],
  orderBy: string,
): (string | null)[][] {
  const list = columns.map((name) => `CAST(${quoteIdentifier(name)} AS TEXT)`).join(', ');
  return connection.all(`SELECT ${list} FROM ${sqlName} ORDER BY ${quoteIdentifier(orderBy)}`) as (string | null)[][];
}

interface RowSelection {
  readonly sql: string;
  /** A value of a row in the form used in a line. */
  cell(row: readonly SqliteValue[], index: number): LineCell;
}

/** How rows are selected without loss. */
function selectRows(
  connection: SqliteConnection,
  { sqlName, rowId }: SqliteTable,
  columns: readonly CatalogColumn[],
): RowSelection {
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const encoding = String(connection.all('PRAGMA encoding')[0]![0]);
  const bytes = names.map((name) => `CAST(${name} AS BLOB)`);
  if (rowId === undefined) return selectTwice(sqlName, columns, [...names, ...bytes], encoding);
  const again = (row: readonly SqliteValue[], expression: string): SqliteValue => {
    const byId = `SELECT ${expression} FROM ${sqlName} WHERE ${rowId} = CAST(? AS INTEGER)`;
    return connection.all(byId, [String(row[columns.length])])[0]![0]!;
  };
  const plain = (row: readonly SqliteValue[], index: number, value: SqliteValue) =>
    encodeValue(columns[index]!.encoding, value, () => toUtf8(again(row, bytes[index]!) as Uint8Array, encoding));
  const asBytes = columns.map((column) => column.encoding === 'text' && encoding === 'UTF-8');
  return {
    sql: `SELECT ${[...names.map((name, index) => (asBytes[index] ? textAsBytes(name) : name)), rowId].join(', ')} FROM ${sqlName}`,
    cell: (row, index) => {
      const value = row[index]!;
      if (!asBytes[index]) return plain(row, index, value);
      if (value instanceof Uint8Array) return encodeTextBytes(value);
      return plain(row, index, value === A_BLOB ? again(row, names[index]!) : value);
    },
  };
}

/** Without a row id a value cannot be read again, so each one is also selected as bytes. */
function selectTwice(
  sqlName: string,
  columns: readonly CatalogColumn[],
  expressions: readonly string[],
  encoding: string,
): RowSelection {
  return {
    sql: `SELECT ${expressions.join(', ')} FROM ${sqlName}`,
    cell: (row, index) =>
      encodeValue(columns[index]!.encoding, row[index]!, () =>
        toUtf8(row[columns.length + index] as Uint8Array, encoding),
      ),
  };
}

/** Marks a BLOB where bytes otherwise mean TEXT. */
const A_BLOB = '';

/** Text as its stored bytes: no driver has to decode it, and none can lose any of it. */
function textAsBytes(name: string): string {
  return `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'blob' THEN '${A_BLOB}' ELSE ${name} END`;
}

/** A cast to BLOB yields the bytes as the database stores text. @throws TypeError when they are not valid UTF-16 */
function toUtf8(bytes: Uint8Array, encoding: string): Uint8Array {
  if (encoding === 'UTF-8') return bytes;
  const decoder = new TextDecoder(encoding.toLowerCase(), { fatal: true, ignoreBOM: true });
  return Buffer.from(decoder.decode(bytes), 'utf8');
}
