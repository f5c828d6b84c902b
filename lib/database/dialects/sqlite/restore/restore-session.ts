import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../errors/backup-error.js';
import { outcomeUnknown } from '../../../../errors/restore-errors.js';
import { aborted } from '../../../../errors/run-errors.js';
import type { LineBlock, RowBatch } from '../../../../jsonl/format.js';
import { parsed } from '../../../../jsonl/reader.js';
import type { CatalogTable, SequenceState } from '../../../catalog-table.js';
import { locationKey, modelName } from '../../../table-location.js';
import { isCheck, type KnownConstraints, keptRows, mayViolate } from '../../constraint-texts.js';
import {
  type LinesToLoad,
  type LoadColumn,
  type Preconditions,
  type RestoreSession,
  type SchemaStep,
  type TransactionalDdl,
} from '../../restore-dialect.js';
import type { SqliteTable } from '../catalog.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import { readLines } from '../rows.js';
import { selectTexts } from '../select-texts.js';
import { inEncoding } from './bind.js';
import { LineBinder } from './bind-lines.js';
import { completeTables } from './complete-tables.js';
import { sessionFailure } from './errors.js';
import { Inserter } from './inserter.js';
import { insertBy, loadLines, loadRows } from './load-rows.js';
import { restorableTables } from './restorable-tables.js';
import { mark } from './restore-record.js';
import { runSteps } from './run-steps.js';
import { refuseSeveralFiles, refuseShared, type Target } from './target.js';
import { Transaction } from './transaction.js';
import { TriggersAside } from './triggers.js';

/** One restore: one transaction. Any failure in it ends it. */
export class SqliteRestoreSession implements RestoreSession {
  readonly server: RestoreSession['server'];
  tables!: readonly SqliteTable[];
  foreignKeys!: RestoreSession['foreignKeys'];
  readonly ddl: TransactionalDdl = {
    alter: (steps) => this.run('changed the schema', () => this.alter(steps)),
    empty: (tables) => this.run('emptied the tables', () => this.empty(tables as readonly SqliteTable[])),
  };
  readonly warnings: string[] = [];
  readonly mayAlterRows = false;
  readonly bindsFound: boolean;
  beforeReplacing: (() => Promise<void>) | undefined;
  private readonly transaction: Transaction;
  private readonly ended = new AbortController();
  private chosen: readonly SqliteTable[] = [];
  private readonly loaded = new Set<SqliteTable>();
  private triggers: TriggersAside | undefined;
  private known: KnownConstraints | undefined;
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly target: Target,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.transaction = new Transaction(target, this.check);
    const [[version] = []] = this.ask('SELECT sqlite_version()');
    this.server = { type: dataSource.options.type, version: String(version) };
    this.bindsFound = this.transaction.readTogether(() => {
      this.readCatalog();
      return target.bindsBytes && this.encoding === 'UTF-8';
    });
    signal?.addEventListener('abort', this.abort, { once: true });
  }

  occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    return this.run('looked for rows', () =>
      retryWhileBusy('The database', this.check, () =>
        this.transaction.readTogether(() => tables.filter((table) => this.hasRows(table as SqliteTable))),
      ),
    );
  }

  begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void> {
    return this.run('emptied the tables', async () => {
      refuseSeveralFiles(this.target, tables);
      if (this.beforeReplacing) refuseShared(this.target);
      await this.transaction.begin();
      const chosen = preconditions ? await this.askAgain(preconditions) : tables;
      // Before the first write, which others could not read past where there is no WAL.
      await this.beforeReplacing?.();
      this.check();
      mark(this.target.connection, id);
      await this.empty(chosen as readonly SqliteTable[]);
    });
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    try {
      yield* readLines(this.target.connection, table as SqliteTable, model, this.check);
    } catch (error) {
      throw sessionFailure(`read table "${modelName(table)}" back`, error);
    }
  }

  select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]> {
    return this.run(`read table "${modelName(table)}"`, () =>
      selectTexts(this.target.connection, table as SqliteTable, columns, orderBy),
    );
  }

  keepViolations(known: KnownConstraints): void {
    this.known = known;
  }

  load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void> {
    return this.insert(table as SqliteTable, columns, (inserter) => loadRows(inserter, batches, this.ended.signal));
  }

  loadLines(table: CatalogTable, columns: readonly LoadColumn[], lines: LinesToLoad): Promise<void> {
    return this.insert(table as SqliteTable, columns, (inserter) => {
      const { signal } = this.ended;
      if (!this.bindsFound) return loadRows(inserter, parsed(lines.blocks), signal);
      return loadLines(inserter, new LineBinder(lines, columns), lines.blocks, signal);
    });
  }

  count(table: CatalogTable): Promise<number> {
    return this.run('counted rows', async () => {
      const [[count] = []] = await this.target.long.all(`SELECT count(*) FROM ${(table as SqliteTable).sqlName}`);
      return Number(count);
    });
  }

  complete(sequences: readonly SequenceState[]): Promise<void> {
    return this.run('completed the tables', async () => {
      const { target, tables, foreignKeys, chosen, loaded, known, check } = this;
      const content = { tables, foreignKeys, chosen, loaded, known };
      this.warnings.push(...(await completeTables(target, content, sequences, check)));
      this.triggers?.putBack();
    });
  }

  witness(id: string): Promise<void> {
    return this.run('marked itself', () => mark(this.target.connection, id));
  }

  async commit(): Promise<void> {
    this.check();
    await this.transaction.commit();
    try {
      await this.target.save();
    } catch (error) {
      throw outcomeUnknown(error);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.abort();
    await this.target.release();
  }

  private insert(
    table: SqliteTable,
    columns: readonly LoadColumn[],
    load: (inserter: Inserter) => Promise<void>,
  ): Promise<void> {
    return this.run('loaded rows', async () => {
      const { bind, writer } = this.target;
      const checks = (table.constraints ?? []).filter(isCheck);
      const rows = writer(mayViolate(this.known, locationKey(table), checks));
      this.loaded.add(table);
      const violating = await insertBy(new Inserter(rows, inEncoding(bind, this.encoding), table, columns), load);
      if (violating > 0) this.warnings.push(keptRows(violating, modelName(table)));
    });
  }

  /** The lock covers the whole database, so nothing else has to be locked. */
  private async askAgain(preconditions: Preconditions): Promise<readonly CatalogTable[]> {
    this.readCatalog();
    const chosen = preconditions.choose(this.tables);
    refuseSeveralFiles(this.target, chosen);
    await preconditions.check(chosen);
    return chosen;
  }

  private async empty(tables: readonly SqliteTable[]): Promise<void> {
    const { connection, long } = this.target;
    this.chosen = tables;
    this.triggers = TriggersAside.take(connection, tables);
    // Without triggers and foreign keys, SQLite frees whole pages and reads no row.
    for (const { sqlName } of tables) {
      this.check();
      await long.exec(`DELETE FROM ${sqlName}`);
    }
  }

  private async alter(steps: readonly SchemaStep[]): Promise<void> {
    this.triggers?.putBack();
    await runSteps(this.dataSource, this.target, steps, this.check);
    this.readCatalog();
  }

  private readCatalog(): void {
    const { tables, foreignKeys } = restorableTables(this.target, this.dataSource);
    this.tables = tables;
    this.foreignKeys = foreignKeys;
  }

  private hasRows({ sqlName }: SqliteTable): boolean {
    return this.ask(`SELECT 1 FROM ${sqlName} LIMIT 1`).length > 0;
  }

  private get encoding(): string {
    return String(this.ask('PRAGMA encoding')[0]![0]);
  }

  private ask(sql: string) {
    return this.target.connection.all(sql);
  }

  private readonly check = (): void => {
    this.ended.signal.throwIfAborted();
  };

  /** Rolls back immediately, after the statement that another thread is running. */
  private readonly abort = (): void => {
    this.signal?.removeEventListener('abort', this.abort);
    this.ended.abort(aborted(this.signal?.reason));
    this.transaction.end();
  };

  private async run<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
    try {
      this.check();
      const result = await work();
      // Otherwise it may have been rolled back meanwhile.
      this.check();
      return result;
    } catch (error) {
      // What was still under way when it was aborted has failed because of that.
      this.transaction.end();
      this.check();
      throw error instanceof BackupError ? error : sessionFailure(what, error);
    }
  }
}
