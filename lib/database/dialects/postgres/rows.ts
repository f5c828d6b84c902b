import { isUtf8 } from 'node:buffer';
import type { Bytes } from '../../../jsonl/bytes.js';
import { LINE_BLOCK_BYTES, type LineBlock, LONGEST_LINE_BYTES, lineTemplate } from '../../../jsonl/format.js';
import { type ByteBuilder, LineBlockBuilder } from '../../../jsonl/writer.js';
import { quoteIdentifier } from '../quote.js';
import { type PgTable, rowsOf } from './catalog.js';
import { encodeCell } from './cell-encoder.js';
import type { PgClient } from './connection.js';
import { CopyOut } from './copy-out.js';

/** A part of a table, of which others are being read at the same time. */
export interface TablePart {
  /** SQL that holds for its rows. */
  readonly condition: string;
  /** Resolves when everything before it has been read. */
  turn(): Promise<void>;
}

/** Reads from a connection, once at a time. A consumer that stops early leaves the connection unusable. */
export type LineReader = (client: PgClient, part?: TablePart) => AsyncGenerator<LineBlock>;

/**
 * Streams a table as line blocks, made here of what COPY sends: a server that makes them takes three times as long. A
 * long row waits for the turn of its part, so that no more than one is in memory.
 */
export function lineReader(table: PgTable, model: string): LineReader {
  const template = lineTemplate(table, model);
  const lines = new LineBlockBuilder(template);
  const encodings = template.columns.map(({ encoding }) => encoding);
  const select = `SELECT ${list(template.columns)} FROM ${rowsOf(table)}`;
  let row!: Bytes;
  let at = 0;
  // After each cell comes a tab or the line feed.
  const appendCell = (column: number, line: ByteBuilder) => {
    at = encodeCell(encodings[column]!, row, at, line) + 1;
  };
  const onRow = (bytes: Bytes, start: number, end: number) => {
    row = bytes;
    at = start;
    lines.expect(end - start);
    lines.addBy(appendCell);
  };
  return async function* read(client, part) {
    const query = part ? `${select} WHERE ${part.condition}` : select;
    const copy = client.query(
      new CopyOut(`COPY (${query}) TO STDOUT`, { onRow, maxRowBytes: LONGEST_LINE_BYTES, tooLong }),
    );
    while (await copy.advance()) {
      if (lines.full) yield checked(lines.take()!);
      if (copy.begunBytes > LINE_BLOCK_BYTES) await part?.turn();
    }
    const rest = lines.take();
    if (rest) yield checked(rest);
  };
}

function list(columns: readonly { readonly name: string }[]): string {
  return columns.map(({ name }) => quoteIdentifier(name)).join(', ');
}

function tooLong(): Error {
  return new Error(`A row takes more than ${LONGEST_LINE_BYTES} bytes as a line.`);
}

/** The server returns the text of a database in SQL_ASCII as it is. */
function checked(block: LineBlock): LineBlock {
  if (isUtf8(block.bytes)) return block;
  throw new Error('A text is not UTF-8, which is possible in a database with the encoding SQL_ASCII.');
}

/** The text of some columns, for small tables. */
export async function selectTexts(
  client: PgClient,
  { sqlName }: PgTable,
  columns: readonly string[],
  orderBy: string,
): Promise<(string | null)[][]> {
  const list = columns.map((name, index) => `${quoteIdentifier(name)}::text AS c${index}`).join(', ');
  const { rows } = await client.query(`SELECT ${list} FROM ${sqlName} ORDER BY ${quoteIdentifier(orderBy)}`);
  return rows.map((row) => columns.map((_, index) => row[`c${index}`] as string | null));
}
