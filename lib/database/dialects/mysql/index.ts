import type { DataSource, EntityMetadata } from 'typeorm';
import type { TableLocation } from '../../table-location.js';
import type { EngineValues } from '../../values/engine-values.js';
import type { DatabaseLock, Dialect, LockName, Snapshot, SnapshotRequest } from '../dialect.js';
import type { RecordStore } from '../records.js';
import type { RestoreDialect } from '../restore-dialect.js';
import type { ScratchDatabase } from '../scratch.js';
import { withoutDisplay } from './columns.js';
import { acquireLock } from './lock.js';
import { entityLocation } from './names.js';
import { countOlderSessions } from './other-sessions.js';
import { openRecords } from './records.js';
import { mysqlRestore } from './restore/index.js';
import { createScratch } from './scratch.js';
import { openSnapshot } from './snapshot.js';
import { mysqlValues } from './values/index.js';

/** MySQL and MariaDB: raw cells of the text protocol, encoded in this process. */
class MysqlDialect implements Dialect {
  readonly restores: RestoreDialect;
  readonly values: EngineValues;

  constructor(private readonly dataSource: DataSource) {
    this.restores = mysqlRestore(dataSource);
    const { type, timezone } = dataSource.options as { type: string; timezone?: string };
    this.values = mysqlValues(type, timezone);
  }

  locate({ database, tableName }: EntityMetadata): TableLocation {
    return entityLocation(this.dataSource, database, tableName);
  }

  locateOwn(table: string): TableLocation {
    return { schema: null, name: table };
  }

  ownFiles(): readonly string[] {
    return [];
  }

  comparableType(type: string): string {
    return withoutDisplay(type);
  }

  lock(name: LockName = 'backup'): Promise<DatabaseLock> {
    return acquireLock(this.dataSource, name);
  }

  snapshot(request: SnapshotRequest): Promise<Snapshot> {
    return openSnapshot(this.dataSource, request);
  }

  olderSessions(): Promise<number> {
    return countOlderSessions(this.dataSource);
  }

  createScratch(): Promise<ScratchDatabase> {
    return createScratch(this.dataSource);
  }

  openRecords(): Promise<RecordStore> {
    return openRecords(this.dataSource);
  }
}

export const mysqlDialect = (dataSource: DataSource): Dialect => new MysqlDialect(dataSource);
