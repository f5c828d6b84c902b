import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import { type PgTable, rowsOf } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { BINARY_HEADER, BINARY_TRAILER } from './copy/binary/rows.js';
import type { CopyChunk, CopyFormat } from './copy/chunk.js';
import { IndexesAside } from './indexes.js';
import type { NotNullAside, NullWatch } from './not-null.js';
import { withHostFunctions } from './settings.js';

/**
 * Rows of fewer bytes are loaded with the table's indexes in place: dropping and building these would take longer.
 */
const FEW_BYTES = 1024 * 1024;

/** Turns rows into formats of COPY, and reports NULLs among them. */
export type RowsWatched = (nulls: NullWatch) => AsyncGenerator<CopyChunk>;

export async function hasRows(client: PgClient, table: PgTable): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM ${rowsOf(table)} LIMIT 1`);
  return rows.length > 0;
}

export async function countRows(client: PgClient, table: PgTable): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::text AS n FROM ${rowsOf(table)}`);
  return Number(rows[0]!.n);
}

export interface LoadOptions {
  readonly notNull: NotNullAside;
  /** See `mayFreeze`. */
  readonly freeze: boolean;
}

/**
 * Loads a table, usually with one COPY. It ends before a NULL that the table would refuse, and another one begins once
 * the table accepts it; and it ends before rows in the other format.
 * @returns how many rows the server has loaded
 */
export async function loadRows(
  client: PgClient,
  table: PgTable,
  columns: readonly LoadColumn[],
  rowsWatched: RowsWatched,
  { notNull, freeze }: LoadOptions,
): Promise<number> {
  const names = columns.map(({ target }) => quoteIdentifier(target.name));
  // Without a list, it is all columns that are not generated, which may be none.
  const list = names.length > 0 ? `(${names.join(', ')})` : '';
  const nulls = notNull.watch(table, columns);
  const rows = rowsWatched(nulls);
  const held: CopyChunk[] = [];
  let ended = false;
  /** Whether there is another chunk, which the table accepts as it is. */
  const hold = async () => {
    const { value, done } = await rows.next();
    if (done) ended = true;
    else held.push(value);
    return !ended && !nulls.hasFound;
  };
  async function* ofOneCopy(format: CopyFormat): AsyncGenerator<CopyChunk> {
    if (format === 'binary') yield { format, bytes: BINARY_HEADER };
    for (;;) {
      while (held[0]?.format === format) yield held.shift()!;
      if (held.length > 0 || ended || !(await hold())) break;
    }
    if (format === 'binary') yield { format, bytes: BINARY_TRAILER };
  }
  try {
    for (let bytes = 0; bytes < FEW_BYTES && (await hold()); ) bytes += held.at(-1)!.bytes.length;
    const indexes = ended ? undefined : await IndexesAside.take(client, table);
    let loaded = 0;
    while (!ended || held.length > 0) {
      for (const index of nulls.take()) await notNull.take(table, columns[index]!.target.name);
      const { format } = held[0]!;
      const copy = copyFrom(`COPY ${table.sqlName} ${list} FROM STDIN (FORMAT ${format}, FREEZE ${freeze})`);
      await withHostFunctions(client, () => send(client, ofOneCopy(format), client.query(copy) as Writable));
      loaded += copy.rowCount;
    }
    await indexes?.putBack();
    return loaded;
  } finally {
    await rows.return(undefined);
  }
}

/** Sends a chunk while the next one is built. */
async function send(client: PgClient, chunks: AsyncIterable<CopyChunk>, copy: Writable): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const ended = finished(copy);
  ended.catch((error: unknown) => {
    failure = { error };
    wake();
  });
  let last: { readonly chunk: CopyChunk; readonly written: Promise<void> } | undefined;
  try {
    for await (const chunk of chunks) {
      await last?.written;
      if (failure) throw failure.error;
      if (holdsNothing(client.connection?.stream)) last?.chunk.giveBack?.();
      const written = new Promise<void>((resolve) => {
        wake = resolve;
        copy.write(chunk.bytes, () => resolve());
      });
      last = { chunk, written };
    }
    copy.end();
    await ended;
  } catch (error) {
    copy.destroy(error as Error);
    await ended.catch(() => {});
    throw error;
  }
}

/**
 * Whether everything that was written is sent. The callback of a write does not say so: it comes at once while the
 * stream's buffer has room. And of a stream that the application has made, a tunnel for example, nobody knows.
 */
function holdsNothing(stream: unknown): boolean {
  return stream instanceof Socket && stream.writableLength === 0;
}
