import type { DataSource, EntityMetadata } from 'typeorm';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../catalog-table.js';
import type { TableLocation } from '../table-location.js';
import type { EngineValues } from '../values/engine-values.js';
import type { RecordStore } from './records.js';
import type { RestoreDialect } from './restore-dialect.js';
import type { BuildSchema, ScratchDatabase } from './scratch.js';
import type { TableReader } from './table-reader.js';

/** The size of a table as the server estimates it, without reading rows. */
export interface TableSize {
  /** Null if the server does not know. */
  readonly rows: number | null;
  /** As the server stores them, in bytes. */
  readonly bytes: number;
}

/** One snapshot of the database, read over a connection of its own. */
export interface Snapshot extends TableReader {
  /** The product and version that the server reports. */
  readonly server: { readonly type: string; readonly version: string };
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** What this database contains that no table export covers, in sentences. */
  readonly caveats: readonly string[];
  /** One for each of the given tables, in their order. Estimates: only good for showing the progress of a backup. */
  sizes(tables: readonly CatalogTable[]): Promise<TableSize[]>;
  /** Counters of the given tables, read after their rows. */
  sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]>;
  /** Ends the transaction and returns the connection; safe to call twice, and after a failure. */
  close(): Promise<void>;
}

/** The right to be the only backup or restore of one database, held until released or until its connection dies. */
export interface DatabaseLock {
  /** Aborts when the lock is lost before it is released (its connection died). */
  readonly lost: AbortSignal;
  /** Safe to call twice, and after the lock was lost. */
  release(): Promise<void>;
}

export interface SnapshotRequest {
  /** Chooses the tables to export: these are locked against TRUNCATE and ALTER before the snapshot is taken. */
  choose(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** Little is read: if the alternative is to copy the database, each call may show it as it is then. */
  readonly brief?: boolean;
  /** Stops waiting and reading immediately: connections are destroyed, not drained. */
  readonly signal?: AbortSignal;
}

/** Everything that differs between database engines. One implementation per engine, built for one DataSource. */
export interface Dialect {
  /** Where an entity's table is, in this engine's terms. */
  locate(entity: EntityMetadata): TableLocation;
  /**
   * Files of the database itself, as absolute paths without links, if it consists of files on this machine. They are
   * never saved as files: a copy of a file in use is torn, and on POSIX systems closing it would drop the locks held on
   * it.
   */
  ownFiles(): readonly string[];
  /** Where TypeORM's table of this name (migrations, typeorm_metadata, query cache) is. */
  locateOwn(table: string): TableLocation;
  /**
   * Takes one lock of this database, across processes and hosts, on a connection of its own.
   * @throws BackupError `LOCKED` when it is already held, `DATABASE_UNAVAILABLE` when the server does not answer.
   */
  lock(name?: LockName): Promise<DatabaseLock>;
  /** @throws BackupError `DATABASE_UNAVAILABLE`, `DATABASE_BUSY` when a table stays locked, `DATABASE_FAILED` otherwise. */
  snapshot(request: SnapshotRequest): Promise<Snapshot>;
  /**
   * Number of sessions of this database that are older than this process, as far as they are visible; absent if the
   * engine cannot tell.
   */
  olderSessions?(): Promise<number>;
  /** The half that restores. */
  readonly restores: RestoreDialect;
  /**
   * A declared type without details that do not affect the values of its column, for comparing the types of an archive
   * with the target's: without a display width, say, or the schema of a user-defined type.
   */
  comparableType(type: string): string;
  /** How values of another engine's archive are written for this engine. */
  readonly values: EngineValues;
  /**
   * Creates an empty database next to the application's, with its tables and without their rows. One left by a killed
   * process is removed first. Only for the holder of the lock `restore-test`.
   * @param build creates the tables over the new data source, if the engine cannot copy them
   * @throws BackupError `RESTORE_TEST_FAILED`
   */
  createScratch(build: BuildSchema): Promise<ScratchDatabase>;
  /**
   * The records that all processes of this database share.
   * @throws BackupError `DATABASE_UNAVAILABLE`; the engine's own error when they cannot be kept
   */
  openRecords(): Promise<RecordStore>;
}

/**
 * `backup`, the default: for reading or replacing everything. `schedule`: for making the backup of a scheduled run.
 * `restore-test`: for using the scratch database.
 */
export type LockName = 'backup' | 'schedule' | 'restore-test';

/** Builds a dialect for an initialised DataSource. */
export type DialectFactory = (dataSource: DataSource) => Dialect;
