import type { Readable } from 'node:stream';
import { to as copyTo } from 'pg-copy-streams';
import { lineTemplate } from '../../line-template.js';
import type { LineBlock } from '../table-reader.js';
import { quoteIdentifier } from '../quote.js';
import type { PgTable } from './catalog.js';
import type { PgClient } from './connection.js';
import { copyLinesSql } from './copy-lines.js';
import { readBlocks } from './read-blocks.js';

/** Streams a table as line blocks. A consumer that stops early leaves the connection unusable. */
export async function* readLines(client: PgClient, table: PgTable, model: string): AsyncGenerator<LineBlock> {
  const copy = client.query(copyTo(copyLinesSql(table, lineTemplate(table, model)))) as Readable;
  copy.on('error', () => {}); // A second error, after the stream was given up, has no other listener.
  yield* readBlocks(copy);
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
