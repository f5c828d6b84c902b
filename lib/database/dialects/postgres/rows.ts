import { isUtf8 } from 'node:buffer';
import { type LineBlock, LONGEST_LINE_BYTES, lineTemplate, viewOf } from '../../../jsonl/format.js';
import { LineBlockBuilder } from '../../../jsonl/writer.js';
import { quoteIdentifier } from '../quote.js';
import { type PgTable, rowsOf } from './catalog.js';
import { cellEncoder, type RowBytes } from './cell-encoder.js';
import type { PgClient } from './connection.js';
import { CopyOut } from './copy-out.js';

/**
 * Streams a table as line blocks, made here of what COPY sends: a server that makes them takes three times as long. A
 * consumer that stops early leaves the connection unusable.
 */
export async function* readLines(client: PgClient, table: PgTable, model: string): AsyncGenerator<LineBlock> {
  const template = lineTemplate(table, model);
  const lines = new LineBlockBuilder(template);
  const encoders = template.columns.map(({ encoding }) => cellEncoder(encoding));
  let row: RowBytes | undefined;
  const copy = client.query(
    new CopyOut(`COPY (SELECT ${list(template.columns)} FROM ${rowsOf(table)}) TO STDOUT`, {
      onRow(bytes, start, end) {
        if (bytes !== row?.bytes) row = { bytes, view: viewOf(bytes) };
        const current = row;
        let at = start;
        lines.expect(end - start);
        // After each cell comes a tab or the line feed.
        lines.addBy((column, line) => (at = encoders[column]!(current, at, line) + 1));
      },
      maxRowBytes: LONGEST_LINE_BYTES,
      tooLong,
    }),
  );
  while (await copy.advance()) {
    if (lines.full) yield checked(lines.take()!);
  }
  const rest = lines.take();
  if (rest) yield checked(rest);
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
