import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../errors/backup-error.js';
import { databaseBusy } from '../../../../errors/database-errors.js';
import { outcomeUnknown, tablesChanged } from '../../../../errors/restore-errors.js';
import type { LineBlock, RowBatch } from '../../../../jsonl/format.js';
import type { CatalogTable, SequenceState } from '../../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import { isCheck, type KnownConstraints, keptRows, mayViolate } from '../../constraint-texts.js';
import { isOwnTable } from '../../records.js';
import type { LinesToLoad, LoadColumn, Preconditions, RestoreSession } from '../../restore-dialect.js';
import type { Catalog } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import { ContendedError, failure, tableFailure } from '../errors.js';
import type { Names } from '../names.js';
import { readLines, selectTexts } from '../rows.js';
import { settle } from './apply-undo.js';
import { CheckedRows } from './checked-rows.js';
import { countersOf, restorableSequences } from './counters.js';
import { statementFailure, withoutValues } from './errors.js';
import { checkForeignKeys, type ForeignKey, refuseOutsideRows, WITHOUT_INDEXES } from './foreign-keys.js';
import type { InsertTarget } from './insert/insert-queue.js';
import { loadLines, loadRows } from './load-rows.js';
import { freezeTables, hasRows, holdTables, lockTables } from './lock-tables.js';
import { overOwnConnection } from './own-connection.js';
import { readPatiently } from './read-patiently.js';
import { addCommitted, markCommitted, replaceUndo } from './restore-record.js';
import { refuseOtherEngines } from './storage-engines.js';
import { setAside } from './suspend.js';
import type { Undo } from './undo-record.js';

const SHARED = 'LOCK IN SHARE MODE';

/** One restore: an undo record, then one transaction, then what the record requires. */
export class MysqlRestoreSession implements RestoreSession {
  readonly server: RestoreSession['server'];
  readonly warnings: string[] = [];
  readonly mayAlterRows = false;
  readonly bindsFound = true;
  beforeReplacing: (() => Promise<void>) | undefined;
  tables!: readonly CatalogTable[];
  foreignKeys!: RestoreSession['foreignKeys'];
  /** Whether the transaction is open, in which queries lock what they read. */
  private begun = false;
  /** Set for a restore that has begun and is not settled. */
  private id: string | undefined;
  private undo: Undo | undefined;
  private loaded: readonly CatalogTable[] = [];
  private readonly maxPacket: number;
  private known: KnownConstraints | undefined;
  /** Loaded tables whose rows are still to be counted. */
  private readonly uncounted = new Map<string, { table: CatalogTable; check: (rows: number) => void }>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly connection: MysqlConnection,
    private readonly names: Names,
    private catalog: Catalog,
    private keys: readonly ForeignKey[],
    { version, maxPacket }: { version: string; maxPacket: number },
    private readonly onTableMade: () => void,
  ) {
    this.server = { type: /mariadb/i.test(version) ? 'mariadb' : 'mysql', version };
    this.use(catalog, keys);
    this.maxPacket = maxPacket;
  }

  async occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    const occupied: CatalogTable[] = [];
    for (const table of tables) {
      if (await hasRows(this.connection, this.names, table, this.begun ? 'FOR UPDATE' : '')) occupied.push(table);
    }
    return occupied;
  }

  async begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void> {
    const { connection, names } = this;
    try {
      await refuseOtherEngines(connection, names, tables);
      await refuseOutsideRows(connection, names, this.keys, tables);
      this.id = id;
      this.undo = await setAside(connection, names, id, tables, this.onTableMade);
      await connection.query('START TRANSACTION');
      this.begun = true;
      await markCommitted(connection, names, id);
      await lockTables(connection, names, tables);
      if (this.beforeReplacing) await freezeTables(connection, names, tables);
      this.loaded = preconditions ? await this.askAgain(tables, preconditions) : tables;
      await this.beforeReplacing?.();
      for (const table of this.loaded) await this.empty(table);
    } catch (error) {
      if (error instanceof ContendedError) throw databaseBusy(error.what, error.cause);
      throw failure('began the restore', error);
    }
  }

  keepViolations(known: KnownConstraints): void {
    this.known = known;
  }

  load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void> {
    return this.insert(table, (target) => loadRows(target, columns, batches));
  }

  loadLines(table: CatalogTable, columns: readonly LoadColumn[], lines: LinesToLoad): Promise<void> {
    return this.insert(table, (target) => loadLines(target, columns, lines));
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    try {
      yield* readLines(this.connection, this.names, table, model);
    } catch (error) {
      throw statementFailure(table, 'its rows could not be read back', error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<Array<Array<string | null>>> {
    try {
      return await selectTexts(this.connection, this.names, table, columns, orderBy, this.begun ? SHARED : '');
    } catch (error) {
      throw tableFailure(modelName(table), error);
    }
  }

  async count(table: CatalogTable): Promise<number> {
    try {
      const [row] = await this.connection.texts(`SELECT COUNT(*) FROM ${this.names.sql(table)} ${WITHOUT_INDEXES}`);
      return Number(row![0]);
    } catch (error) {
      throw statementFailure(table, 'its rows could not be counted', error);
    }
  }

  countLater(table: CatalogTable, check: (rows: number) => void): void {
    this.uncounted.set(locationKey(table), { table, check });
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    const { connection, names, loaded } = this;
    const warn = (sentence: string) => void this.warnings.push(sentence);
    const counted = (table: TableLocation, rows: number) => {
      this.uncounted.get(locationKey(table))?.check(rows);
      this.uncounted.delete(locationKey(table));
    };
    const isUncounted = (table: TableLocation) => this.uncounted.has(locationKey(table));
    await checkForeignKeys(connection, names, this.keys, loaded, this.known, { warn, counted, isUncounted });
    // What is counted leaves the map, which such a loop allows.
    for (const { table } of this.uncounted.values()) counted(table, await this.count(table));
    try {
      const drawn = await restorableSequences(connection, names, this.catalog.sequences, loaded);
      await replaceUndo(connection, names, this.id!, {
        ...this.undo!,
        counters: countersOf(loaded, sequences),
        sequences: countersOf(drawn, sequences),
      });
    } catch (error) {
      throw failure('recorded the counters', error);
    }
  }

  async witness(id: string): Promise<void> {
    try {
      await addCommitted(this.connection, this.names, id);
    } catch (error) {
      throw failure('marked itself', error);
    }
  }

  async commit(): Promise<void> {
    if (this.connection.lost.aborted) throw failure('committed the restore', this.connection.lost.reason);
    try {
      await this.connection.query('COMMIT');
      await this.settle();
    } catch (cause) {
      throw outcomeUnknown(cause instanceof BackupError ? cause : withoutValues(cause));
    }
  }

  async close(): Promise<void> {
    try {
      if (this.id !== undefined) await this.settle();
    } finally {
      await this.connection.close();
    }
  }

  private async insert(table: CatalogTable, load: (target: InsertTarget) => Promise<void>): Promise<void> {
    const { connection, names, maxPacket, known } = this;
    const target = names.sql(table);
    const own = (table.constraints ?? []).filter(isCheck);
    const checks = new CheckedRows(connection, table, target, mayViolate(known, locationKey(table), own));
    await load({ connection, table, target, maxPacket, checks });
    const violating = await checks.count();
    if (violating > 0) this.warnings.push(keptRows(violating, modelName(table)));
  }

  private use(catalog: Catalog, keys: readonly ForeignKey[]): void {
    this.catalog = catalog;
    this.keys = keys;
    this.tables = catalog.tables.filter((table) => !isOwnTable(table));
    this.foreignKeys = catalog.foreignKeys;
  }

  private async askAgain(
    expected: readonly CatalogTable[],
    preconditions: Preconditions,
  ): Promise<readonly CatalogTable[]> {
    const { connection, names } = this;
    const { catalog, keys } = await readPatiently(connection, names);
    this.use(catalog, keys);
    const chosen = preconditions.choose(this.tables);
    if (JSON.stringify(chosen) !== JSON.stringify(expected)) throw tablesChanged();
    await holdTables(connection, names, preconditions.hold?.(this.tables) ?? []);
    await refuseOutsideRows(connection, names, keys, chosen, SHARED);
    await preconditions.check(chosen);
    return chosen;
  }

  private async empty(table: CatalogTable): Promise<void> {
    try {
      await this.connection.query(`DELETE FROM ${this.names.sql(table)}`);
    } catch (error) {
      throw statementFailure(table, 'it could not be emptied', error);
    }
  }

  /** Over another connection if this one was lost or aborted. */
  private async settle(): Promise<void> {
    const id = this.id!;
    const what = 'restored what it had suspended';
    if (!this.connection.lost.aborted) {
      try {
        await this.connection.query('ROLLBACK'); // Without effect after COMMIT.
        await settle(this.connection, this.names, id);
        this.id = undefined;
        return;
      } catch (error) {
        if (!this.connection.lost.aborted) throw failure(what, error);
      }
    }
    await overOwnConnection(this.dataSource, what, (connection) => settle(connection, this.names, id));
    this.id = undefined;
  }
}
