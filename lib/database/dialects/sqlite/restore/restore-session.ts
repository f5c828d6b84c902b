import { setImmediate, setTimeout } from 'node:timers/promises';
import { BackupError } from '../../../../backup.errors.js';
import { modelName } from '../../../table-location.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../dialect.js';
import { quoteIdentifier } from '../../quote.js';
import { type LineValue, type LoadColumn, RESTORE_TABLE, type RestoreSession } from '../../restore-dialect.js';
import { readForeignKeys, readTables, type SqliteTable } from '../catalog.js';
import { decodeValue } from '../value-codec.js';
import { checkForeignKeys } from './foreign-keys.js';
import { createMarks, mark } from './marks.js';
import { setCounters } from './counters.js';
import type { Target } from './target.js';
import { Triggers } from './triggers.js';

/** The driver works in this thread; after so many milliseconds the event loop has its turn. */
const SLICE_MS = 5;
const GIVE_UP_MS = 10_000;
const RETRY_MS = 20;

/** One transaction; SQLite can undo all of it, its schema included. */
export class SqliteRestoreSession implements RestoreSession {
  readonly server: RestoreSession['server'];
  readonly tables: readonly SqliteTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  private chosen: readonly SqliteTable[] = [];
  private triggers: Triggers | undefined;
  private enforced = false;
  private open = false;
  private closed = false;

  constructor(
    type: string,
    private readonly target: Target,
    private readonly signal: AbortSignal | undefined,
  ) {
    const { connection } = target;
    const [[version] = []] = connection.all('SELECT sqlite_version()');
    const { tables } = readTables(connection);
    this.server = { type, version: String(version) };
    this.tables = tables.filter(({ schema, name }) => schema !== null || name !== RESTORE_TABLE);
    this.foreignKeys = readForeignKeys(connection, tables);
  }

  async occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    const { connection } = this.target;
    return (tables as readonly SqliteTable[]).filter(
      ({ sqlName }) => connection.all(`SELECT 1 FROM ${sqlName} LIMIT 1`).length > 0,
    );
  }

  async begin(id: string, tables: readonly CatalogTable[]): Promise<void> {
    const { connection } = this.target;
    this.chosen = tables as readonly SqliteTable[];
    await this.guarded('emptied the tables', async () => {
      await this.whenFree(() => createMarks(connection));
      this.enforced = connection.all('PRAGMA foreign_keys')[0]![0] === 1n;
      // Inside of a transaction this would have no effect, without a word.
      connection.exec('PRAGMA foreign_keys = OFF');
      await this.whenFree(() => connection.exec('BEGIN IMMEDIATE'));
      this.open = true;
      mark(connection, id);
      this.triggers = Triggers.take(connection, this.chosen);
      for (const { sqlName } of this.chosen) {
        connection.exec(`DELETE FROM ${sqlName}`);
        await setImmediate();
      }
    });
  }

  async load(
    table: CatalogTable,
    columns: readonly LoadColumn[],
    batches: AsyncIterable<ReadonlyArray<readonly LineValue[]>>,
  ): Promise<void> {
    const names = columns.map(({ target }) => quoteIdentifier(target.name));
    await this.guarded(`loaded table "${modelName(table)}"`, async () => {
      const insert = this.target.prepareInsert((table as SqliteTable).sqlName, names);
      let sliceEnd = performance.now() + SLICE_MS;
      for await (const batch of batches) {
        for (const row of batch) {
          insert(columns.map(({ encoding }, index) => decodeValue(encoding, row[index]!)));
          if (performance.now() < sliceEnd) continue;
          await setImmediate();
          this.check();
          sliceEnd = performance.now() + SLICE_MS;
        }
      }
    });
  }

  async count(table: CatalogTable): Promise<number> {
    const [[rows] = []] = this.target.connection.all(`SELECT count(*) FROM ${(table as SqliteTable).sqlName}`);
    return Number(rows);
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    const { connection } = this.target;
    await this.guarded('checked the foreign keys', async () => {
      setCounters(connection, this.chosen, sequences);
      this.triggers?.putBack();
      checkForeignKeys(connection, this.chosen);
    });
  }

  async commit(): Promise<void> {
    await this.guarded('committed', async () => this.whenFree(() => this.target.connection.exec('COMMIT')));
    this.open = false;
    await this.target.afterCommit();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { connection, shared } = this.target;
    if (this.open) connection.exec('ROLLBACK');
    if (this.enforced) connection.exec('PRAGMA foreign_keys = ON');
    if (!shared) connection.close();
  }

  private check(): void {
    if (this.signal?.aborted) throw BackupError.aborted();
  }

  /** Tries again while somebody else writes; waiting inside of SQLite would hold the event loop. */
  private async whenFree(action: () => void): Promise<void> {
    for (const giveUp = performance.now() + GIVE_UP_MS; ; await setTimeout(RETRY_MS)) {
      this.check();
      try {
        if (!this.open && this.target.busy()) throw Object.assign(new Error(), { code: 'SQLITE_BUSY' });
        action();
        return;
      } catch (error) {
        if (!String((error as { code?: string }).code).startsWith('SQLITE_BUSY')) throw error;
        if (performance.now() > giveUp) throw BackupError.databaseBusy('The database');
      }
    }
  }

  /** Driver messages may quote what was bound, and rows are secrets: only the code is kept. */
  private async guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      this.check();
      return await work();
    } catch (error) {
      if (error instanceof BackupError) throw error;
      const { code } = error as { code?: string };
      throw BackupError.restoreFailed(`the database failed while it ${what} (${code ?? 'refused by SQLite'})`);
    }
  }
}
