import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { BackupError } from '../../../../backup.errors.js';
import { modelName } from '../../../table-location.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../dialect.js';
import { quoteIdentifier } from '../../quote.js';
import { type LineValue, type LoadColumn, RESTORE_TABLE, type RestoreSession } from '../../restore-dialect.js';
import type { PgTable } from '../catalog.js';
import { destroy, type PgClient } from '../connection.js';
import { copyRows } from './copy-rows.js';
import { setCounters } from './counters.js';
import { withHostPath } from './host-path.js';
import { createMarks, mark } from './marks.js';
import { refreshViews } from './materialized-views.js';
import { emptyTables, SetAside } from './set-aside.js';

const LOCK_TIMEOUT_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

interface Opened {
  readonly server: { readonly type: string; readonly version: string };
  readonly tables: readonly PgTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
}

/** One transaction on a connection of its own; PostgreSQL can undo all of it. */
export class PgRestoreSession implements RestoreSession {
  readonly server: Opened['server'];
  readonly tables: readonly PgTable[];
  readonly foreignKeys: Opened['foreignKeys'];
  private chosen: readonly PgTable[] = [];
  private aside: SetAside | undefined;
  private closed = false;

  constructor(
    private readonly client: PgClient,
    private readonly defaultSchema: string,
    opened: Opened,
    private readonly signal: AbortSignal | undefined,
    private readonly detach: () => void,
  ) {
    this.server = opened.server;
    this.tables = opened.tables.filter(({ schema, name }) => schema !== null || name !== RESTORE_TABLE);
    this.foreignKeys = opened.foreignKeys;
  }

  async occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    return this.guarded('looked for rows', async () => {
      const found: CatalogTable[] = [];
      for (const table of tables as readonly PgTable[]) {
        const { rows } = await this.client.query(`SELECT 1 FROM ${fromOf(table)} LIMIT 1`);
        if (rows.length > 0) found.push(table);
      }
      return found;
    });
  }

  async begin(id: string, tables: readonly CatalogTable[]): Promise<void> {
    this.chosen = tables as readonly PgTable[];
    await this.guarded('emptied the tables', async () => {
      await createMarks(this.client, this.defaultSchema);
      await this.client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
      await this.client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await mark(this.client, this.defaultSchema, id);
      refuseFiltered(this.chosen);
      if (this.chosen.length > 0) {
        const names = this.chosen.map(({ sqlName }) => sqlName).join(', ');
        await this.client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
      }
      this.aside = await SetAside.take(this.client, this.chosen);
      await emptyTables(this.client, this.chosen);
    });
  }

  async load(
    table: CatalogTable,
    columns: readonly LoadColumn[],
    batches: AsyncIterable<ReadonlyArray<readonly LineValue[]>>,
  ): Promise<void> {
    const list = columns.map(({ target }) => quoteIdentifier(target.name)).join(', ');
    const sql = `COPY ${(table as PgTable).sqlName} (${list}) FROM STDIN`;
    await this.guarded(`loaded table "${modelName(table)}"`, async () => {
      await withHostPath(this.client, () =>
        pipeline(copyRows(columns, batches), this.client.query(copyFrom(sql)) as Writable),
      );
    });
  }

  async count(table: CatalogTable): Promise<number> {
    return this.guarded(`counted table "${modelName(table)}"`, async () => {
      const { rows } = await this.client.query(`SELECT count(*)::text AS n FROM ${fromOf(table as PgTable)}`);
      return Number(rows[0]!.n);
    });
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    await this.guarded('checked the foreign keys', async () => {
      await setCounters(this.client, this.defaultSchema, this.chosen, sequences);
      await this.aside?.putBack();
      await refreshViews(this.client);
    });
  }

  async commit(): Promise<void> {
    try {
      await this.client.query('COMMIT');
    } catch (error) {
      // Without a code the connection is gone, and with it the answer.
      const { code } = error as { code?: string };
      if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P')) {
        throw BackupError.restoreFailed(`the commit was refused (${code})`);
      }
      throw BackupError.outcomeUnknown(error);
    }
    for (const { sqlName } of this.chosen) await this.client.query(`ANALYZE ${sqlName}`).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.detach();
    await this.client.query('ROLLBACK').then(
      () => this.client.end(),
      () => destroy(this.client),
    );
  }

  /** Driver messages quote values, and rows are secrets: of an error only what the server says about its place is kept. */
  private async guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.signal?.aborted) throw BackupError.aborted();
      const { code, constraint, column } = error as { code?: string; constraint?: string; column?: string };
      if (error instanceof BackupError) throw error;
      if (code === LOCK_NOT_AVAILABLE) throw BackupError.databaseBusy('A table');
      const place = [constraint && `constraint ${constraint}`, column && `column ${column}`, code].filter(Boolean);
      throw BackupError.restoreFailed(
        `the database failed while it ${what} (${place.join(', ') || 'connection lost'})`,
      );
    }
  }
}

function fromOf({ partitioned, sqlName }: PgTable): string {
  return partitioned ? sqlName : `ONLY ${sqlName}`;
}

function refuseFiltered(tables: readonly PgTable[]): void {
  const hidden = tables.find(({ filtered }) => filtered);
  if (!hidden) return;
  throw BackupError.restoreRefused(
    `row-level security restricts the database role of the application on "${modelName(hidden)}"`,
    'Give the role BYPASSRLS for the restore.',
  );
}
