import type { LineCell } from '../../../../jsonl/writer.js';
import type { CatalogColumn } from '../../../catalog-table.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection, SqliteValue } from '../connection.js';
import { encodeTextBytes, encodeValue } from '../value-codec.js';

/** Rows of a table, of which every value is read and encoded by itself, whatever it is. */
export interface RowSelection {
  readonly sql: string;
  /** A value of a row in the form used in a line. */
  cell(row: readonly SqliteValue[], index: number): LineCell;
  /** The row id; undefined of tables without. */
  id(row: readonly SqliteValue[]): bigint | undefined;
}

/** How rows are selected without loss. */
export function selectRows(
  connection: SqliteConnection,
  { sqlName, rowId }: SqliteTable,
  columns: readonly CatalogColumn[],
  encoding: string,
): RowSelection {
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const bytes = names.map((name) => `CAST(${name} AS BLOB)`);
  if (rowId === undefined) return selectTwice(sqlName, columns, [...names, ...bytes], encoding);
  const id = (row: readonly SqliteValue[]) => row[columns.length] as bigint;
  const again = (row: readonly SqliteValue[], expression: string): SqliteValue => {
    const byId = `SELECT ${expression} FROM ${sqlName} WHERE ${rowId} = CAST(? AS INTEGER)`;
    return connection.all(byId, [String(id(row))])[0]![0]!;
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
    id,
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
    id: () => undefined,
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
