import type { DataSource, EntityMetadata } from 'typeorm';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../catalog-table.js';
import type { TableLocation } from '../table-location.js';
import type { EngineValues } from '../values/engine-values.js';
import type { RestoreDialect } from './restore-dialect.js';
import type { BuildSchema, ScratchDatabase } from './scratch.js';
import type { TableReader } from './table-reader.js';

/** How large a table is by the server's own reckoning, which no row is read for. */
export interface TableSize {
  /** Null where the server has no idea. */
  readonly rows: number | null;
  /** As the server stores them, in bytes. */
  readonly bytes: number;
}

/** One moment of the database, read over a connection of its own. */
export interface Snapshot extends TableReader {
  /** The product and version that the server reports. */
  readonly server: { readonly type: string; readonly version: string };
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** What this database holds that no table export covers, in sentences. */
  readonly caveats: readonly string[];
  /** One for each of the given tables, in their order. Estimates: fit to say how far a backup is, and nothing else. */
  sizes(tables: readonly CatalogTable[]): Promise<TableSize[]>;
  /** Counters of the given tables, read after their rows. */
  sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]>;
  /** Ends the transaction and gives the connection back; safe to call twice, and after a failure. */
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
  /** Which tables will be exported: these are locked against TRUNCATE and ALTER before the snapshot is taken. */
  choose(tables: readonly CatalogTable[]): readonly CatalogTable[];
  /** Ends waiting and reading at once: connections are destroyed, not drained. */
  readonly signal?: AbortSignal;
}

/** Everything that differs between database engines. One implementation per engine, built for one DataSource. */
export interface Dialect {
  /** Where an entity's table lives, in this engine's terms. */
  locate(entity: EntityMetadata): TableLocation;
  /**
   * Files of the database itself, as absolute paths without links, where it lives in files of this machine. They are never
   * saved as files: a copy of a file in use is torn, and on POSIX systems closing it would drop the locks held on it.
   */
  ownFiles(): readonly string[];
  /** Where TypeORM's table of this name (migrations, typeorm_metadata, query cache) lives. */
  locateOwn(table: string): TableLocation;
  /**
   * Takes one lock of this database, across processes and hosts, on a connection of its own.
   * @throws BackupError `LOCKED` when somebody else holds it, `DATABASE_UNAVAILABLE` when the server does not answer.
   */
  lock(name?: LockName): Promise<DatabaseLock>;
  /** @throws BackupError `DATABASE_UNAVAILABLE`, `DATABASE_BUSY` when a table stays locked, `DATABASE_FAILED` otherwise. */
  snapshot(request: SnapshotRequest): Promise<Snapshot>;
  /** How many sessions of this database are older than this process, as far as they can be seen; absent where nothing tells. */
  olderSessions?(): Promise<number>;
  /** The way back. */
  readonly restores: RestoreDialect;
  /**
   * A declared type without what makes no difference to the values that a column of it can hold, for comparing the types of
   * an archive with the target's: a display width, say, or the schema in which the type was made.
   */
  comparableType(type: string): string;
  /** How values of another engine's archive are written here. */
  readonly values: EngineValues;
  /**
   * Makes an empty database beside the application's, with its tables and without their rows; one that a killed process has left
   * is removed first. Only for the holder of the lock `restore-test`.
   * @param build makes the tables over the new data source, where the engine cannot copy them
   * @throws BackupError `RESTORE_TEST_FAILED`
   */
  createScratch(build: BuildSchema): Promise<ScratchDatabase>;
}

/**
 * `backup`, the default: of whoever reads or replaces everything. `schedule`: of whoever makes the backup of a scheduled run.
 * `restore-test`: of whoever has the scratch database.
 */
export type LockName = 'backup' | 'schedule' | 'restore-test';

/** Builds a dialect for an initialised DataSource. */
export type DialectFactory = (dataSource: DataSource) => Dialect;
