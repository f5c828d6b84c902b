import type { QueryRunner } from 'typeorm';
import type { ColumnEncoding, RowBatch, UnparsedBlock } from '../../jsonl/format.js';
import type { CatalogColumn, CatalogForeignKey, CatalogTable, SequenceState } from '../catalog-table.js';
import type { TableLocation } from '../table-location.js';
import type { KnownConstraints } from './constraint-texts.js';
import type { TableReader } from './table-reader.js';

/** What the lines of a table have in common. */
export interface ArchivedLines {
  readonly model: string;
  readonly primaryKey: readonly string[];
}

/** Lines of a table on their way. */
export interface LinesToLoad extends ArchivedLines {
  readonly blocks: AsyncIterable<UnparsedBlock>;
}

/** A column that rows are loaded into, and how the archive writes its values. */
export interface LoadColumn {
  readonly target: CatalogColumn;
  /** The encoding and the declared type from the archive's manifest. */
  readonly encoding: ColumnEncoding;
  readonly type: string;
}

/** The name of the table that holds the marks of restores. It is the library's own and never counts as unmapped. */
export const RESTORE_TABLE = 'nestjs_backup_restore';

/** One migration, as a step of a restore, or the creation of the whole schema. */
export interface SchemaStep {
  /** Its name in messages, with its article: `migration "…"`. */
  readonly name: string;
  readonly direction: 'up' | 'down';
  run(runner: QueryRunner): Promise<void>;
}

/** For engines whose DDL is part of the transaction only: changes the schema between `begin` and `commit`. */
export interface TransactionalDdl {
  /**
   * Restores what is suspended, runs the steps with a query runner that cannot leave the transaction, and reads the
   * session's `tables` and `foreignKeys` again.
   * @throws BackupError `RESTORE_REFUSED` when a migration cannot be run in this transaction or cannot be reverted,
   *   `RESTORE_FAILED` when it fails
   */
  alter(steps: readonly SchemaStep[]): Promise<void>;
  /** Suspends and empties once more, as `begin` does. */
  empty(tables: readonly CatalogTable[]): Promise<void>;
}

/** What a restore checks before it empties anything. Checked again under the locks, with the catalog read again. */
export interface Preconditions {
  /**
   * Chooses the tables that are emptied and loaded.
   * @param tables the session's current tables
   * @throws BackupError `RESTORE_REFUSED` when they do not match
   */
  choose(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** Chooses the tables that are only read, and that nobody else may write to from then on. */
  hold?(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** @throws BackupError `RESTORE_REFUSED` because of existing rows, files or migrations */
  check(tables: readonly CatalogTable[]): Promise<void>;
}

/**
 * One restore of a database: everything between `begin` and `commit` is a single transaction on a connection of its
 * own, so until `commit` has returned nothing has changed, whatever fails. Subscribers, listeners and hooks of the
 * application are never called.
 */
export interface RestoreSession extends TableReader {
  readonly server: { readonly type: string; readonly version: string };
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** Absent if the engine commits at every DDL statement. */
  readonly ddl?: TransactionalDdl;
  /** What could not be restored exactly, in sentences for the report; grows until `complete` has returned. */
  readonly warnings: readonly string[];
  /**
   * Whether something that cannot be suspended may have changed the rows while they were loaded, so that they have to
   * be read back; known once `complete` has returned.
   */
  readonly mayAlterRows: boolean;

  /** The given tables that contain at least one row. Between `begin` and `commit` nobody can add one afterwards. */
  occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]>;

  /**
   * Begins the transaction and empties the given tables. Foreign keys, triggers and everything else that would refuse
   * or change the rows is suspended. What the engine cannot suspend inside the transaction is recorded in
   * `RESTORE_TABLE` first, so that `recover` can restore it after a kill.
   *
   * Waiting for the locks of the tables can take long, and their holders may have committed anything. So once they are
   * held, and before anything is emptied, the catalog is read again and the preconditions are checked again.
   * @param id the restore's id, a UUID, which is marked in the same transaction
   * @param tables what the preconditions have chosen so far
   * @throws BackupError what the preconditions throw, and `RESTORE_REFUSED` when the tables have changed in the
   *   meantime, when a table cannot be restored all or nothing (a non-transactional engine), or, if the engine can say
   *   so before it loads, when rows of a table outside of the list refer to one in it
   */
  begin(id: string, tables: readonly CatalogTable[], preconditions?: Preconditions): Promise<void>;

  /**
   * Set before `begin`, which calls it once: everything is checked then, nothing is emptied, and until the commit nobody
   * else can write to the chosen tables, while a backup can still read them. What it throws ends the restore.
   */
  beforeReplacing?: () => Promise<void>;

  /**
   * Called before rows are loaded: rows that violate one of these constraints violated it in the archive's source, too.
   * They are kept if the engine can keep them, and named in `warnings`. Without this call, they are refused.
   */
  keepViolations?(known: KnownConstraints): void;

  /**
   * Loads rows: arrays of values in the order of `columns`, in batches. Constant memory; never blocks the event loop.
   */
  load(table: CatalogTable, columns: readonly LoadColumn[], batches: AsyncIterable<RowBatch>): Promise<void>;

  /** Whether `loadLines` uses values that were found before. @default false */
  readonly bindsFound?: boolean;

  /** The same from lines, if an engine can load them without parsing. */
  loadLines?(table: CatalogTable, columns: readonly LoadColumn[], lines: LinesToLoad): Promise<void>;

  /** The number of rows as counted by the database itself, inside the transaction. */
  count(table: CatalogTable): Promise<number>;

  /**
   * The same in a pass over the table that `complete` makes anyway; absent if it makes none.
   * @param check gets the number before `complete` returns; what it throws ends the restore
   */
  countLater?(table: CatalogTable, check: (rows: number) => void): void;

  /**
   * Sets the counters, never lower than the existing keys, restores everything that `begin` suspended, and has the
   * database check every foreign key of the loaded tables.
   * @throws BackupError `RESTORE_FAILED`, naming table and constraint
   */
  complete(sequences: readonly SequenceState[]): Promise<void>;

  /**
   * Marks a second id in the transaction, for `wasCommitted`: of this one only who chose it knows when to forget it.
   */
  witness(id: string): Promise<void>;

  /**
   * Commits. If the connection is lost during the commit, the outcome is unknown: the error is `OUTCOME_UNKNOWN`, and
   * `wasCommitted` finds out.
   */
  commit(): Promise<void>;

  /** Rolls back if not committed, restores what was suspended, ends the connection. Safe to call twice. */
  close(): Promise<void>;
}

/** What is created in a database whose DDL commits immediately, so that exactly that can be removed again. */
export interface SchemaRecord {
  /** Runs a statement, and records what it creates. */
  around<Result>(sql: string, run: () => Promise<Result>): Promise<Result>;
  /** Whether one of the statements may have put rows into a table. */
  mayHaveWritten(table: TableLocation): boolean;
  /** Called when everything is created: rows that are added from now on belong to somebody else. */
  seal(): Promise<void>;
  /**
   * Removes what was recorded, and from a history that existed before, the rows of these migrations.
   * @param committed whether rows were loaded into it permanently, so that rows of others can no longer be recognised
   * @throws BackupError `RESTORE_REFUSED` when somebody else has written into it: then all of it stays
   */
  undo(migrations: readonly string[], committed: boolean): Promise<void>;
  /** Ends its connection, which the next statement opens again. */
  close(): Promise<void>;
}

/** The half of an engine that restores. All methods open connections of their own and are called under the backup lock. */
export interface RestoreDialect {
  /** Whether its sessions have `ddl`. */
  readonly hasTransactionalDdl: boolean;
  /** Only for engines whose sessions have none. */
  recordSchema?(): Promise<SchemaRecord>;
  /** @param signal ends the session immediately, rolled back */
  openRestore(signal?: AbortSignal): Promise<RestoreSession>;
  /** Restores what a killed restore has left suspended. Cheap, and without effect if there is nothing. */
  recover(): Promise<void>;
  /** Whether the restore with this id was committed. */
  wasCommitted(id: string): Promise<boolean>;
  /**
   * Distinguishes this database from every other one, including its copies: hexadecimal, the same on every connection,
   * after a restart, and on a standby that takes over. Known once a restore has begun.
   * @returns undefined for a database that never was restored
   */
  identity(): Promise<string | undefined>;
  /** Removes the mark of a restore. */
  forget(id: string): Promise<void>;
  /**
   * Removes `RESTORE_TABLE` if it was created for a restore of this process and contains no mark: called when nothing
   * of the restore is left that has to be attributed to the database. A table that existed before stays, since
   * directories of other applications may contain what an earlier restore has left. Never fails.
   */
  removeOwnTable?(): Promise<void>;
  /**
   * Makes the restored tables fast without changing them (e.g. statistics). Called when the restore is done, so it
   * never waits long for others, and never fails.
   */
  tidyUp?(tables: readonly CatalogTable[]): Promise<void>;
}
