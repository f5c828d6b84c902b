import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { rowsOf } from '../relations.js';
import { withHostPath } from './host-path.js';

export async function hasRows(client: PgClient, table: PgTable): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM ${rowsOf(table)} LIMIT 1`);
  return rows.length > 0;
}

export async function countRows(client: PgClient, table: PgTable): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::text AS n FROM ${rowsOf(table)}`);
  return Number(rows[0]!.n);
}

/** @param rows in the text format of COPY */
export async function copyInto(
  client: PgClient,
  { sqlName }: PgTable,
  columns: readonly LoadColumn[],
  rows: AsyncGenerator<Buffer>,
): Promise<void> {
  const names = columns.map(({ target }) => quoteIdentifier(target.name));
  // Without a list it is all columns that are not generated, which may be none.
  const list = names.length > 0 ? `(${names.join(', ')})` : '';
  const copy = copyFrom(`COPY ${sqlName} ${list} FROM STDIN`);
  await withHostPath(client, () => pipeline(rows, client.query(copy) as Writable));
}
