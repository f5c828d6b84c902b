import type { DataSource, EntityMetadata } from 'typeorm';
import type { TableLocation } from '../../table-location.js';
import type { DatabaseLock, Dialect, LockName, Snapshot, SnapshotRequest } from '../dialect.js';
import type { RecordStore } from '../records.js';
import type { RestoreDialect } from '../restore-dialect.js';
import type { BuildSchema, ScratchDatabase } from '../scratch.js';
import { acquireLock } from './lock.js';
import { ownFiles } from './own-files.js';
import { openRecords } from './records.js';
import { sqliteRestore } from './restore/index.js';
import { createScratch } from './scratch.js';
import { openSnapshot } from './snapshot.js';
import { entityLocation } from './spelling.js';
import { sqliteValues } from './values/index.js';

/** SQLite, through better-sqlite3 or sql.js: read value by value, each with its storage class. */
class SqliteDialect implements Dialect {
  readonly restores: RestoreDialect;
  readonly values = sqliteValues;

  constructor(private readonly dataSource: DataSource) {
    this.restores = sqliteRestore(dataSource);
  }

  locate(entity: EntityMetadata): TableLocation {
    return entityLocation(this.dataSource, entity);
  }

  locateOwn(table: string): TableLocation {
    return { schema: null, name: table };
  }

  ownFiles(): readonly string[] {
    return ownFiles(this.dataSource);
  }

  /** SQLite itself reads them so. */
  comparableType(type: string): string {
    return type.toLowerCase().replaceAll(/\s+/g, ' ');
  }

  lock(name: LockName = 'backup'): Promise<DatabaseLock> {
    return acquireLock(this.dataSource, name);
  }

  snapshot(request: SnapshotRequest): Promise<Snapshot> {
    return openSnapshot(this.dataSource, request);
  }

  createScratch(build: BuildSchema): Promise<ScratchDatabase> {
    return createScratch(this.dataSource, build);
  }

  openRecords(): Promise<RecordStore> {
    return openRecords(this.dataSource);
  }
}

export const sqliteDialect = (dataSource: DataSource): Dialect => new SqliteDialect(dataSource);
