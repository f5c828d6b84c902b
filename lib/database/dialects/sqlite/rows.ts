import { setImmediate } from 'node:timers/promises';
import { LineBlockBuilder } from '../../line-blocks.js';
import { lineTemplate } from '../../line-template.js';
import type { LineBlock } from '../dialect.js';
import { quoteIdentifier } from '../quote.js';
import type { SqliteTable } from './catalog.js';
import type { SqliteConnection, SqliteValue } from './connection.js';
import { encodeValue } from './value-codec.js';

/** The driver works in this thread; after so many milliseconds the event loop has its turn. */
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
  const { sql, rawText } = selectRows(
    connection,
    table,
    template.columns.map(({ name }) => name),
  );
  let sliceEnd = performance.now() + SLICE_MS;
  for (const row of connection.iterate(sql)) {
    const value = (index: number) =>
      encodeValue(template.columns[index]!.encoding, row[index]!, () => rawText(row, index));
    builder.add(template.columns.map((_, index) => value(index)));
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

interface RowSelection {
  readonly sql: string;
  /** The bytes of a value of the row that was just read. */
  rawText(row: readonly SqliteValue[], index: number): Uint8Array;
}

/** With a row id a value is read again by it; without one, every value is selected a second time as bytes. */
function selectRows(connection: SqliteConnection, { sqlName, rowId }: SqliteTable, names: string[]): RowSelection {
  const columns = names.map((name) => quoteIdentifier(name));
  const encoding = String(connection.all('PRAGMA encoding')[0]![0]);
  const bytes = columns.map((column) => `CAST(${column} AS BLOB)`);
  if (rowId === undefined) {
    return {
      sql: `SELECT ${[...columns, ...bytes].join(', ')} FROM ${sqlName}`,
      rawText: (row, index) => toUtf8(row[names.length + index] as Uint8Array, encoding),
    };
  }
  return {
    sql: `SELECT ${[...columns, rowId].join(', ')} FROM ${sqlName}`,
    rawText: (row, index) => {
      const again = `SELECT ${bytes[index]} FROM ${sqlName} WHERE ${rowId} = CAST(? AS INTEGER)`;
      const [[bytesAgain] = []] = connection.all(again, [String(row[names.length])]);
      return toUtf8(bytesAgain as Uint8Array, encoding);
    },
  };
}

/** A cast to BLOB gives the bytes as the database stores text. @throws TypeError when they are no valid UTF-16 */
function toUtf8(bytes: Uint8Array, encoding: string): Uint8Array {
  if (encoding === 'UTF-8') return bytes;
  const decoder = new TextDecoder(encoding.toLowerCase(), { fatal: true, ignoreBOM: true });
  return Buffer.from(decoder.decode(bytes), 'utf8');
}
