import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../errors/backup-error.js';
import { databaseBusy } from '../../../../errors/database-errors.js';
import { outcomeUnknown, tablesChanged } from '../../../../errors/restore-errors.js';
import type { CatalogTable, SequenceState } from '../../../catalog-table.js';
import type { LineBlock } from '../../../../jsonl/format.js';
import { type LoadColumn, type Preconditions, RESTORE_TABLE, type RestoreSession } from '../../restore-dialect.js';
import type { RowBatch } from '../../../../jsonl/values.js';
import { isCheck, keptRows, type KnownConstraints, mayViolate } from '../../constraint-texts.js';
import type { Catalog } from '../catalog.js';
import { ContendedError } from '../contended.js';
import { failure, tableFailure } from '../errors.js';
import { locationKey, modelName } from '../../../table-location.js';
import type { Names } from '../names.js';
import { readLines, selectTexts } from '../rows.js';
import { Session } from '../session.js';
import { CheckedRows } from './checked-rows.js';
import { countersOf } from './counters.js';
import { restorableSequences } from './drawn-sequences.js';
import { refuseOtherEngines } from './engines.js';
import { statementFailure, withoutValues } from './errors.js';
import { checkForeignKeys, type ForeignKey, refuseOutsideRows, WITHOUT_INDEXES } from './foreign-keys.js';
import { loadRows } from './load-rows.js';
import { hasRows, holdTables, lockTables } from './lock-tables.js';
import { markCommitted, replaceUndo } from './restore-record.js';
import { readPatiently } from './read-patiently.js';
import { setAside } from './suspend.js';
import { pinRestoreSettings } from './settings.js';
import { settle } from './apply-undo.js';
import type { Undo } from './undo-record.js';

const SHARED = 'LOCK IN SHARE MODE';

/** One restore: an undo record, then one transaction, then what the record says. */
export class MysqlRestoreSession implements RestoreSession {
  readonly server: RestoreSession['server'];
  readonly warnings: string[] = [];
  readonly mayAlterRows = false;
  tables!: readonly CatalogTable[];
  foreignKeys!: RestoreSession['foreignKeys'];
  /** Whether the transaction is open, in which what is asked is locked. */
  private begun = false;
  /** Of a restore that has begun and is not settled. */
  private id: string | undefined;
  private undo: Undo | undefined;
  private loaded: readonly CatalogTable[] = [];
  private readonly maxPacket: number;
  private known: KnownConstraints | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly session: Session,
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
      if (await hasRows(this.session, this.names, table, this.begun ? 'FOR UPDATE' : '')) occupied.push(table);
    }
    return occupied;
  }

  async begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void> {
    const { session, names } = this;
    try {
      await refuseOtherEngines(session, names, tables);
      await refuseOutsideRows(session, names, this.keys, tables);
      this.id = id;
      this.undo = await setAside(session, names, id, tables, this.onTableMade);
      await session.query('START TRANSACTION');
      this.begun = true;
      await markCommitted(session, names, id);
      await lockTables(session, names, tables);
      this.loaded = preconditions ? await this.askAgain(tables, preconditions) : tables;
      for (const table of this.loaded) await this.empty(table);
    } catch (error) {
      if (error instanceof ContendedError) throw databaseBusy(error.what, error.cause);
      throw failure('began the restore', error);
    }
  }

  keepViolations(known: KnownConstraints): void {
    this.known = known;
  }

  async load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void> {
    const { session, names, maxPacket, known } = this;
    const target = names.sql(table);
    const own = (table.constraints ?? []).filter(isCheck);
    const checks = new CheckedRows(session, table, target, mayViolate(known, locationKey(table), own));
    await loadRows({ session, table, target, maxPacket, checks }, columns, batches);
    const violating = await checks.count();
    if (violating > 0) this.warnings.push(keptRows(violating, modelName(table)));
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    try {
      yield* readLines(this.session, this.names, table, model);
    } catch (error) {
      throw statementFailure(table, 'its rows could not be read back', error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<Array<Array<string | null>>> {
    try {
      return await selectTexts(this.session, this.names, table, columns, orderBy, this.begun ? SHARED : '');
    } catch (error) {
      throw tableFailure(modelName(table), error);
    }
  }

  async count(table: CatalogTable): Promise<number> {
    try {
      const [row] = await this.session.texts(`SELECT COUNT(*) FROM ${this.names.sql(table)} ${WITHOUT_INDEXES}`);
      return Number(row![0]);
    } catch (error) {
      throw statementFailure(table, 'its rows could not be counted', error);
    }
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    const { session, names, loaded } = this;
    const warn = (sentence: string) => void this.warnings.push(sentence);
    await checkForeignKeys(session, names, this.keys, loaded, this.known, warn);
    try {
      const drawn = await restorableSequences(session, names, this.catalog.sequences, loaded);
      await replaceUndo(session, names, this.id!, {
        ...this.undo!,
        counters: countersOf(loaded, sequences),
        sequences: countersOf(drawn, sequences),
      });
    } catch (error) {
      throw failure('recorded the counters', error);
    }
  }

  async commit(): Promise<void> {
    if (this.session.lost.aborted) throw failure('committed the restore', this.session.lost.reason);
    try {
      await this.session.query('COMMIT');
      await this.settle();
    } catch (cause) {
      throw outcomeUnknown(cause instanceof BackupError ? cause : withoutValues(cause));
    }
  }

  async close(): Promise<void> {
    try {
      if (this.id !== undefined) await this.settle();
    } finally {
      await this.session.close();
    }
  }

  private use(catalog: Catalog, keys: readonly ForeignKey[]): void {
    this.catalog = catalog;
    this.keys = keys;
    this.tables = catalog.tables.filter(({ schema, name }) => schema !== null || name !== RESTORE_TABLE);
    this.foreignKeys = catalog.foreignKeys;
  }

  private async askAgain(
    expected: readonly CatalogTable[],
    preconditions: Preconditions,
  ): Promise<readonly CatalogTable[]> {
    const { session, names } = this;
    const { catalog, keys } = await readPatiently(session, names);
    this.use(catalog, keys);
    const chosen = preconditions.choose(this.tables);
    if (JSON.stringify(chosen) !== JSON.stringify(expected)) throw tablesChanged();
    await holdTables(session, names, preconditions.hold?.(this.tables) ?? []);
    await refuseOutsideRows(session, names, keys, chosen, SHARED);
    await preconditions.check(chosen);
    return chosen;
  }

  private async empty(table: CatalogTable): Promise<void> {
    try {
      await this.session.query(`DELETE FROM ${this.names.sql(table)}`);
    } catch (error) {
      throw statementFailure(table, 'it could not be emptied', error);
    }
  }

  /** Over another connection when this one is gone, or was aborted. */
  private async settle(): Promise<void> {
    const id = this.id!;
    if (!this.session.lost.aborted) {
      try {
        await this.session.query('ROLLBACK'); // Nothing, after COMMIT.
        await settle(this.session, this.names, id);
        this.id = undefined;
        return;
      } catch (error) {
        if (!this.session.lost.aborted) throw failure('put back what it had set aside', error);
      }
    }
    const session = await Session.open(this.dataSource);
    try {
      await pinRestoreSettings(session);
      await settle(session, this.names, id);
      this.id = undefined;
    } catch (error) {
      throw failure('put back what it had set aside', error);
    } finally {
      await session.close();
    }
  }
}
