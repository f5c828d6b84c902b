import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../errors/backup-error.js';
import { tablesChanged } from '../../../../errors/restore-errors.js';
import { aborted } from '../../../../errors/run-errors.js';
import type { LineBlock, RowBatch } from '../../../../jsonl/format.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../../catalog-table.js';
import { modelName } from '../../../table-location.js';
import type { KnownConstraints } from '../../constraint-texts.js';
import { isOwnTable } from '../../records.js';
import {
  type LinesToLoad,
  type LoadColumn,
  type Preconditions,
  type RestoreSession,
  type SchemaStep,
  type TransactionalDdl,
} from '../../restore-dialect.js';
import { oidsOf, type PgTable, readForeignKeys, readTables } from '../catalog.js';
import { destroy, type PgClient } from '../connection.js';
import { Names } from '../names.js';
import { lineReader, selectTexts } from '../rows.js';
import { BinaryRows } from './copy/binary/rows.js';
import { copyLines } from './copy/lines.js';
import { copyRows } from './copy/text.js';
import { setCounters } from './counters.js';
import { sessionFailure } from './errors.js';
import { EventTriggersAside } from './event-triggers.js';
import { mayFreeze } from './freeze.js';
import { countRows, hasRows, loadRows, type RowsWatched } from './load-rows.js';
import { closeFrozenTables, lockTables, unlessGone } from './lock-tables.js';
import { refreshViews } from './materialized-views.js';
import { NotNullAside } from './not-null.js';
import { commit, createMarks, mark } from './restore-record.js';
import { runSteps } from './run-steps.js';
import { limitWaits, SessionSettings } from './settings.js';
import { emptyTables, SetAside } from './suspend.js';

interface Opened {
  readonly server: { readonly type: string; readonly version: string };
  readonly tables: readonly PgTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
}

/**
 * One transaction on a connection of its own, since PostgreSQL can undo everything in it. It is preceded by another
 * one, which reads the target.
 */
export class PgRestoreSession implements RestoreSession {
  readonly server: Opened['server'];
  tables: readonly PgTable[];
  foreignKeys: Opened['foreignKeys'];
  readonly ddl: TransactionalDdl = {
    alter: (steps) => this.alter(steps),
    empty: (tables) => this.guarded('emptied the tables', () => this.empty(tables as readonly PgTable[])),
  };
  readonly warnings: string[] = [];
  readonly bindsFound = true;
  beforeReplacing: (() => Promise<void>) | undefined;
  private chosen: readonly PgTable[] = [];
  private settings: SessionSettings | undefined;
  private aside: SetAside | undefined;
  private readonly notNull: NotNullAside;
  private freeze = false;
  private eventTriggers: EventTriggersAside | undefined;
  /** How many rows were loaded into each table, as the server says. */
  private readonly loaded = new Map<PgTable, number>();
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: PgClient,
    private readonly defaultSchema: string,
    opened: Opened,
    private readonly signal: AbortSignal | undefined,
    private readonly detach: () => void,
  ) {
    this.server = opened.server;
    this.notNull = new NotNullAside(client, this.warn);
    this.tables = opened.tables.filter((table) => !isOwnTable(table));
    this.foreignKeys = opened.foreignKeys;
  }

  /** Of everything that may do so, only event triggers can be beyond this role's control. */
  get mayAlterRows(): boolean {
    return (this.eventTriggers?.active.length ?? 0) > 0;
  }

  async occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    return this.guarded('looked for rows', async () => {
      const found: CatalogTable[] = [];
      for (const table of tables as readonly PgTable[]) {
        if (await unlessGone(() => hasRows(this.client, table))) found.push(table);
      }
      return found;
    });
  }

  async begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void> {
    await this.guarded('emptied the tables', async () => {
      this.eventTriggers = await EventTriggersAside.find(this.client);
      await this.client.query('COMMIT'); // Ends the transaction that has read the catalog.
      await createMarks(this.client, this.defaultSchema, this.eventTriggers);
      this.settings = await SessionSettings.begin(this.client);
      await limitWaits(this.client);
      await mark(this.client, this.defaultSchema, id);
      await lockTables(this.client, tables as readonly PgTable[], this.beforeReplacing ? 'still' : 'replace');
      const locked = preconditions ? await this.askAgain(tables, preconditions) : tables;
      if (this.beforeReplacing) {
        await this.beforeReplacing();
        await closeFrozenTables(this.client, locked as readonly PgTable[]);
      }
      await this.empty(locked as readonly PgTable[]);
    });
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    let ended = false;
    try {
      yield* lineReader(table as PgTable, model)(this.client);
      ended = true;
    } catch (error) {
      throw this.failure(`read table "${model}" back`, error);
    } finally {
      if (!ended) destroy(this.client);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]> {
    return this.guarded(`read table "${modelName(table)}"`, () =>
      selectTexts(this.client, table as PgTable, columns, orderBy),
    );
  }

  keepViolations(known: KnownConstraints): void {
    this.notNull.known = known;
  }

  async load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void> {
    await this.copyIn(table as PgTable, columns, (nulls) => copyRows(columns, batches, nulls));
  }

  async loadLines(table: CatalogTable, columns: readonly LoadColumn[], lines: LinesToLoad): Promise<void> {
    const plan = () => BinaryRows.of(this.client, table as PgTable, lines, columns);
    const binary = await this.guarded(`read the types of table "${modelName(table)}"`, plan);
    await this.copyIn(table as PgTable, columns, (nulls) => copyLines(columns, lines, nulls, binary));
  }

  async count(table: CatalogTable): Promise<number> {
    return this.guarded(`counted table "${modelName(table)}"`, async () => {
      const rows = await countRows(this.client, table as PgTable);
      this.eventTriggers?.refuseOthers(table as PgTable, rows - this.loaded.get(table as PgTable)!);
      return rows;
    });
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    const { client, chosen } = this;
    await this.guarded('restored indexes, constraints and triggers', () => this.putBack());
    await this.guarded('set the sequences', () => setCounters(client, this.defaultSchema, chosen, sequences));
    await this.guarded('refreshed the materialized views', () => refreshViews(client, oidsOf(chosen), this.warn));
    await this.guarded('enabled the event triggers', async () => this.eventTriggers?.putBack());
    await this.guarded('counted the rows again', async () => this.eventTriggers?.refuseWritten(this.loaded));
  }

  witness(id: string): Promise<void> {
    return this.guarded('marked itself', () => mark(this.client, this.defaultSchema, id));
  }

  commit(): Promise<void> {
    return commit(this.client);
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

  private async askAgain(
    expected: readonly CatalogTable[],
    preconditions: Preconditions,
  ): Promise<readonly CatalogTable[]> {
    await this.readCatalog();
    const chosen = preconditions.choose(this.tables);
    if (JSON.stringify(chosen) !== JSON.stringify(expected)) throw tablesChanged();
    await lockTables(this.client, (preconditions.hold?.(this.tables) ?? []) as readonly PgTable[], 'read');
    await preconditions.check(chosen);
    return chosen;
  }

  private async readCatalog(): Promise<void> {
    const names = await Names.read(this.client, this.dataSource);
    this.tables = (await readTables(this.client, names)).filter((table) => !isOwnTable(table));
    this.foreignKeys = await readForeignKeys(this.client, names);
  }

  private async empty(tables: readonly PgTable[]): Promise<void> {
    this.chosen = tables;
    await lockTables(this.client, tables); // Those of `ddl.empty` may be new.
    this.eventTriggers = await EventTriggersAside.find(this.client);
    await this.eventTriggers.disable();
    this.aside = await SetAside.take(this.client, tables, this.warn);
    this.freeze = await mayFreeze(this.client, tables);
    await emptyTables(this.client, tables);
  }

  private async putBack(): Promise<void> {
    await this.notNull.putBack();
    await this.aside?.putBack();
    this.aside = undefined;
  }

  private readonly warn = (sentence: string): void => {
    this.warnings.push(sentence);
  };

  private async alter(steps: readonly SchemaStep[]): Promise<void> {
    await this.guarded('changed the schema', async () => {
      await this.putBack();
      await this.eventTriggers?.putBack();
      await runSteps(this.dataSource, this.client, this.settings!, steps);
      await this.readCatalog();
    });
  }

  private async copyIn(table: PgTable, columns: readonly LoadColumn[], rows: RowsWatched): Promise<void> {
    const { client, notNull, freeze } = this;
    const load = () => loadRows(client, table, columns, rows, { notNull, freeze });
    this.loaded.set(table, await this.guarded(`loaded table "${modelName(table)}"`, load));
  }

  private async guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.failure(what, error);
    }
  }

  private failure(what: string, error: unknown): BackupError {
    return this.signal?.aborted ? aborted() : sessionFailure(what, error, this.eventTriggers?.active);
  }
}
