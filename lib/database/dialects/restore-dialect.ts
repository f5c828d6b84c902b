import type { QueryRunner } from 'typeorm';
import type { UnparsedBlock } from '../../jsonl/format.js';
import type { ColumnEncoding, RowBatch } from '../../jsonl/values.js';
import type { CatalogColumn, CatalogForeignKey, CatalogTable, SequenceState } from '../catalog-table.js';
import type { TableLocation } from '../table-location.js';
import type { KnownConstraints } from './constraint-texts.js';
import type { TableReader } from './table-reader.js';

/** What the lines of a table have in common. */
export interface ArchivedLines {
  readonly model: string;
  readonly primaryKey: readonly string[];
}

/** A column that rows are loaded into, and how the archive writes its values. */
export interface LoadColumn {
  readonly target: CatalogColumn;
  /** The encoding and the declared type that stand in the archive's manifest. */
  readonly encoding: ColumnEncoding;
  readonly type: string;
}

/** The name of the table that holds the marks of restores. It is the library's own and never counts as unmapped. */
export const RESTORE_TABLE = 'nestjs_backup_restore';

/** One migration, as a step of a restore, or what makes the whole schema. */
export interface SchemaStep {
  /** As messages call it, with its article: `migration "…"`. */
  readonly name: string;
  readonly direction: 'up' | 'down';
  run(runner: QueryRunner): Promise<void>;
}

/** What only an engine offers whose DDL is part of the transaction: changing the schema between `begin` and `commit`. */
export interface TransactionalDdl {
  /**
   * Puts back what is set aside, runs the steps with a query runner that cannot leave the transaction, and reads the
   * session's `tables` and `foreignKeys` again.
   * @throws BackupError `RESTORE_REFUSED` when a migration cannot be run in this transaction, or not be reverted,
   *   `RESTORE_FAILED` when it fails
   */
  alter(steps: readonly SchemaStep[]): Promise<void>;
  /** Sets aside and empties once more, as `begin` does. */
  empty(tables: readonly CatalogTable[]): Promise<void>;
}

/** What a restore asks of its target before it empties anything. Asked again under the locks, of the catalog read again. */
export interface Preconditions {
  /**
   * Those tables that are emptied and loaded.
   * @param tables the session's, as they are now
   * @throws BackupError `RESTORE_REFUSED` when they do not fit
   */
  choose(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** Those tables that are only read, and that nobody else may write to from then on. */
  hold?(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** @throws BackupError `RESTORE_REFUSED` when rows, files or migrations stand in the way */
  check(tables: readonly CatalogTable[]): Promise<void>;
}

/**
 * One restore of a database: everything between `begin` and `commit` is a single transaction on a connection of its own,
 * so that before `commit` has returned nothing has changed, whatever fails. Subscribers, listeners and hooks of the application
 * are never called.
 */
export interface RestoreSession extends TableReader {
  readonly server: { readonly type: string; readonly version: string };
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** Absent where the engine commits at every DDL statement. */
  readonly ddl?: TransactionalDdl;
  /** What could be restored only with a remark, in sentences for the report; grows until `complete` has returned. */
  readonly warnings: readonly string[];
  /**
   * Whether something that cannot be set aside may have changed the rows while they were loaded, so that they have to be
   * read back; known once `complete` has returned.
   */
  readonly mayAlterRows: boolean;

  /** Those of the given tables that hold at least one row. Between `begin` and `commit` nobody can add one afterwards. */
  occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]>;

  /**
   * Begins the transaction and empties the given tables. Foreign keys, triggers and whatever else would refuse or change
   * the rows is set aside; what the engine cannot set aside inside of the transaction is recorded in `RESTORE_TABLE`
   * first, so that `recover` can put it back after a kill.
   *
   * Waiting for the tables' locks can take long, and whoever held them may have committed anything. So once they are held,
   * and before anything is emptied, the catalog is read again and the preconditions are asked again.
   * @param id the restore's id, a UUID, which is marked in the same transaction
   * @param tables what the preconditions have chosen before
   * @throws BackupError what the preconditions throw, and `RESTORE_REFUSED` when the tables changed meanwhile, when a table cannot be restored all or nothing (a non-transactional engine),
   *   or, where the engine tells before it loads, when rows of a table outside of the list refer into it
   */
  begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void>;

  /**
   * Called before rows are loaded: rows that violate one of these constraints violated it in the archive's source. They are
   * kept where the engine can keep them, and named in `warnings`. Not called, they are refused.
   */
  keepViolations?(known: KnownConstraints): void;

  /** Loads rows: arrays of values in the order of `columns`, in batches. Constant memory; never holds the event loop. */
  load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void>;

  /** The same from lines, where an engine can do without parsing them. */
  loadLines?(
    table: CatalogTable,
    columns: readonly LoadColumn[],
    lines: ArchivedLines,
    batches: AsyncIterable<UnparsedBlock>,
  ): Promise<void>;

  /** The rows that the database itself counts, inside of the transaction. */
  count(table: CatalogTable): Promise<number>;

  /**
   * Sets the counters, never lower than the keys that are there, puts everything back that `begin` set aside, and has the
   * database check every foreign key of the loaded tables.
   * @throws BackupError `RESTORE_FAILED`, naming table and constraint
   */
  complete(sequences: readonly SequenceState[]): Promise<void>;

  /**
   * Commits. When the connection is lost meanwhile, the outcome is unknown: the error is `OUTCOME_UNKNOWN`, and
   * `wasCommitted` tells.
   */
  commit(): Promise<void>;

  /** Rolls back if not committed, puts back what was set aside, ends the connection. Safe to call twice. */
  close(): Promise<void>;
}

/** What is made in a database whose DDL commits at once, so that exactly that can be removed again. */
export interface SchemaRecord {
  /** Runs a statement, and records what it makes. */
  around<Result>(sql: string, run: () => Promise<Result>): Promise<Result>;
  /** Whether one of the statements may have put rows into a table. */
  mayHaveWritten(table: TableLocation): boolean;
  /** Called when all is made: rows that are added from now on are somebody else's. */
  seal(): Promise<void>;
  /**
   * Removes what was recorded, and of a history that was there before the rows of these migrations.
   * @param committed whether rows were loaded into it for good, by which those of others cannot be told any more
   * @throws BackupError `RESTORE_REFUSED` when somebody has written into what was made: then all of it stays
   */
  undo(migrations: readonly string[], committed: boolean): Promise<void>;
  /** Ends its connection, which the next statement opens again. */
  close(): Promise<void>;
}

/** The half of an engine that restores. All methods open connections of their own and are called under the backup lock. */
export interface RestoreDialect {
  /** Whether its sessions have `ddl`. */
  readonly hasTransactionalDdl: boolean;
  /** Only where it has not. */
  recordSchema?(): Promise<SchemaRecord>;
  /** @param signal ends the session at once, rolled back */
  openRestore(signal?: AbortSignal): Promise<RestoreSession>;
  /** Puts back what a killed restore has left set aside. Cheap and without effect when there is nothing. */
  recover(): Promise<void>;
  /** Whether the restore with this id was committed. */
  wasCommitted(id: string): Promise<boolean>;
  /**
   * What tells this database from every other one that there is, copies of it included: hexadecimal, the same on every
   * connection, after a restart, and on a standby that takes over. Known once a restore has begun.
   * @returns undefined for a database that never was restored
   */
  identity(): Promise<string | undefined>;
  /** Removes the mark of a restore. */
  forget(id: string): Promise<void>;
  /**
   * Removes `RESTORE_TABLE` where it was made for a restore of this process and holds no mark any more: asked for when
   * nothing of the restore is left that the database's identity would have to tell apart. One that was there before stays:
   * directories of other applications may hold what an earlier restore has left. Never fails.
   */
  removeOwnTable?(): Promise<void>;
  /**
   * What makes the restored tables fast and changes nothing of them (statistics, say): asked for when the restore is done,
   * so it waits for nobody for long, and never fails.
   */
  tidyUp?(tables: readonly CatalogTable[]): Promise<void>;
}
