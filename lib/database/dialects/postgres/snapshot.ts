import { BackupError } from '../../../errors/backup-error.js';
import { databaseFailed, outOfLocks } from '../../../errors/database-errors.js';
import { aborted } from '../../../errors/run-errors.js';
import { modelName } from '../../table-location.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../catalog-table.js';
import type { Snapshot, TableSize } from '../dialect.js';
import type { LineBlock } from '../../../jsonl/format.js';
import type { PgTable } from './catalog.js';
import { destroy, type PgClient } from './connection.js';
import { isOutOfLocks } from './error-codes.js';
import { readLines, selectTexts } from './rows.js';
import { readSequences } from './sequences.js';
import { readSizes } from './sizes.js';

interface Frozen {
  readonly server: { readonly type: string; readonly version: string };
  readonly tables: readonly PgTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly caveats: readonly string[];
}

/** An open REPEATABLE READ transaction on a connection of its own. */
export class PgSnapshot implements Snapshot {
  readonly server: Frozen['server'];
  readonly tables: readonly PgTable[];
  readonly foreignKeys: Frozen['foreignKeys'];
  readonly caveats: Frozen['caveats'];
  /** A COPY that was not read to its end leaves the connection unusable. */
  private copying = false;
  private closed = false;

  constructor(
    private readonly client: PgClient,
    private readonly defaultSchema: string,
    frozen: Frozen,
    private readonly signal: AbortSignal | undefined,
    private readonly detach: () => void,
  ) {
    this.server = frozen.server;
    this.tables = frozen.tables;
    this.foreignKeys = frozen.foreignKeys;
    this.caveats = frozen.caveats;
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    this.copying = true;
    try {
      yield* readLines(this.client, table as PgTable, model);
      this.copying = false;
    } catch (error) {
      throw this.failure(`read table "${model}"`, error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]> {
    try {
      return await selectTexts(this.client, table as PgTable, columns, orderBy);
    } catch (error) {
      throw this.failure(`read table "${modelName(table)}"`, error);
    }
  }

  async sizes(tables: readonly CatalogTable[]): Promise<TableSize[]> {
    try {
      return await readSizes(this.client, tables as readonly PgTable[]);
    } catch (error) {
      throw this.failure('asked for the size of the tables', error);
    }
  }

  async sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]> {
    try {
      return await readSequences(this.client, this.defaultSchema, tables as readonly PgTable[]);
    } catch (error) {
      throw this.failure('read the sequences', error);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.detach();
    if (this.copying) destroy(this.client);
    else
      await this.client.query('COMMIT').then(
        () => this.client.end(),
        () => destroy(this.client),
      );
  }

  private failure(what: string, error: unknown): BackupError {
    if (this.signal?.aborted) return aborted(error);
    return isOutOfLocks(error) ? outOfLocks(`The backup failed while it ${what}`) : databaseFailed(what, error);
  }
}
