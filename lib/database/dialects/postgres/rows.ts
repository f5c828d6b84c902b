import type { Readable } from 'node:stream';
import { to as copyTo } from 'pg-copy-streams';
import { lineBlocks } from '../../../jsonl/blocks.js';
import { type LineBlock, type LineTemplate, LONGEST_LINE_BYTES, lineTemplate } from '../../../jsonl/format.js';
import type { CatalogColumn } from '../../catalog-table.js';
import { quoteIdentifier } from '../quote.js';
import type { PgTable } from './catalog.js';
import { jsonValue } from './columns.js';
import type { PgClient } from './connection.js';
import { rowsOf } from './relations.js';
import { textLiteral } from './text-literal.js';

/** Variadic functions accept at most a hundred arguments. */
const MAX_ARGUMENTS = 90;

/**
 * A COPY whose rows are lines of `backup.jsonl`, written by the server. The format is csv with a quote and a delimiter
 * that JSON never contains unescaped, so that nothing in a line is escaped a second time.
 */
function copyLinesSql(table: PgTable, template: LineTemplate<CatalogColumn>): string {
  const parts = template.literals.flatMap((literal, index) => {
    const column = template.columns[index];
    return column ? [textLiteral(literal), jsonValue(column)] : [textLiteral(literal)];
  });
  return `COPY (SELECT ${concatenation(parts)} FROM ${rowsOf(table)}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`;
}

function concatenation(parts: readonly string[]): string {
  if (parts.length <= MAX_ARGUMENTS) return `concat(${parts.join(', ')})`;
  const size = Math.ceil(parts.length / MAX_ARGUMENTS);
  const groups: string[] = [];
  for (let start = 0; start < parts.length; start += size) groups.push(concatenation(parts.slice(start, start + size)));
  return concatenation(groups);
}

/** Streams a table as line blocks. A consumer that stops early leaves the connection unusable. */
export async function* readLines(client: PgClient, table: PgTable, model: string): AsyncGenerator<LineBlock> {
  const copy = client.query(copyTo(copyLinesSql(table, lineTemplate(table, model)))) as Readable;
  copy.on('error', () => {}); // A second error, after the stream was given up, has no other listener.
  yield* lineBlocks(copy as AsyncIterable<Buffer>, LONGEST_LINE_BYTES, {
    tooLong: () => new Error(`A row takes more than ${LONGEST_LINE_BYTES} bytes as a line.`),
    // The server returns the text of a database in SQL_ASCII as it is.
    notUtf8: () => new Error('A text is not UTF-8, which is possible in a database with the encoding SQL_ASCII.'),
    cutOff: () => new Error('The rows end in the middle of one.'),
  });
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
