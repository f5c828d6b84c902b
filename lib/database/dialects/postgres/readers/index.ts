import type { DataSource } from 'typeorm';
import { aborted } from '../../../../errors/run-errors.js';
import type { LineBlock } from '../../../../jsonl/format.js';
import { readingConnections } from '../../../../support/cores.js';
import type { PgTable } from '../catalog.js';
import { ownsSession, type PgClient } from '../connection.js';
import { lineReader } from '../rows.js';
import { findsParts, openFurther, spareConnections } from './further-connection.js';
import { largeTables, type PartSizes, type TableParts } from './large-tables.js';
import { PartsInOrder } from './parts-in-order.js';

/** How a backup may read. */
export interface ReadingShare extends PartSizes {
  /** Those that read at a time, the snapshot's own included. */
  readonly connections: number;
  /** How much may have been read that is not output yet, in bytes of lines. */
  readonly ahead: number;
}

const MB = 2 ** 20;
/** Their text takes the server longer than it takes to make lines of it; for others, several connections only cost. */
const SLOW = /\[\]$|(^|\.)(tsvector|vector|halfvec|sparsevec)\b/;
export const ownShare = (): ReadingShare => ({
  connections: readingConnections(),
  leastTable: 32 * MB,
  part: MB / 2,
  types: SLOW,
  ahead: 4 * MB,
});

/**
 * Reads large tables over several connections at a time, for values whose text takes the server longer than it takes
 * to make lines of it. What cannot be read that way is read over the snapshot's own connection, like everything else.
 */
export class Readers {
  private readonly ended = new AbortController();

  private constructor(
    private readonly dataSource: DataSource,
    private readonly client: PgClient,
    private readonly exported: string,
    private readonly large: ReadonlyMap<number, TableParts>,
    private readonly share: ReadingShare,
  ) {}

  /**
   * In the snapshot's transaction, which a failure ends.
   * @returns undefined if one connection is enough, or if all are a pooler's, which others need
   */
  static async of(
    dataSource: DataSource,
    client: PgClient,
    tables: readonly PgTable[],
    share: ReadingShare,
  ): Promise<Readers | undefined> {
    if (share.connections === 1 || !(await ownsSession(client))) return undefined;
    const large = await largeTables(client, tables, share);
    if (large.size === 0) return undefined;
    const { rows } = await client.query('SELECT pg_export_snapshot() AS exported');
    return new Readers(dataSource, client, String(rows[0]!.exported), large, share);
  }

  /**
   * The same lines, in the same order, as over one connection. A consumer that stops early ends the further connections.
   * @returns undefined if the table is to be read over one connection
   */
  async lines(table: PgTable, model: string): Promise<AsyncGenerator<LineBlock> | undefined> {
    const parts = this.large.get(table.oid);
    if (!parts) return undefined;
    const further = Math.min(this.share.connections - 1, await spareConnections(this.client));
    // Before any other connection has locks for which somebody may wait: this one may wait as long as it takes.
    if (further === 0 || !(await findsParts(this.client, table))) return undefined;
    return this.inParts(parts, further, table, model);
  }

  /** Ends the further connections in any state. */
  close(): void {
    this.ended.abort();
  }

  private async *inParts(parts: TableParts, further: number, table: PgTable, model: string): AsyncGenerator<LineBlock> {
    const inOrder = new PartsInOrder(parts, this.share.ahead);
    void inOrder.readOver(this.client, lineReader(table, model));
    for (let count = 0; count < further; count++) void this.readAlong(inOrder, table, model);
    let complete = false;
    try {
      yield* inOrder.blocks();
      complete = true;
    } finally {
      if (!complete) {
        inOrder.fail(aborted());
        this.close();
      }
    }
  }

  /** Takes part as soon as there is a connection for it; without one, the others do it. */
  private async readAlong(inOrder: PartsInOrder, table: PgTable, model: string): Promise<void> {
    const opened = await openFurther(this.dataSource, this.exported, table, this.ended.signal).catch(() => undefined);
    if (!opened) return;
    await inOrder.readOver(opened.client, lineReader(table, model));
    await opened.release();
  }
}
