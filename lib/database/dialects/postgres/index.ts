import type { DataSource, EntityMetadata } from 'typeorm';
import type { TableLocation } from '../../table-location.js';
import type { DatabaseLock, Dialect, LockName, Snapshot, SnapshotRequest } from '../dialect.js';
import type { RecordStore } from '../records.js';
import type { RestoreDialect } from '../restore-dialect.js';
import type { BuildSchema, ScratchDatabase } from '../scratch.js';
import { withoutSchema } from './columns.js';
import { acquireLock } from './lock.js';
import { defaultSchemaOf } from './names.js';
import { countOlderSessions } from './other-sessions.js';
import { openRecords } from './records.js';
import { postgresRestore } from './restore/index.js';
import { createScratch } from './scratch.js';
import { openSnapshot } from './snapshot.js';
import { postgresValues } from './values/index.js';

/** PostgreSQL: the server writes the JSON lines itself, each value by its type's own output function. */
class PostgresDialect implements Dialect {
  readonly restores: RestoreDialect;
  readonly values = postgresValues;

  constructor(private readonly dataSource: DataSource) {
    this.restores = postgresRestore(dataSource);
  }

  locate({ schema, tableName }: EntityMetadata): TableLocation {
    return { schema: schema === undefined || schema === this.defaultSchema ? null : schema, name: tableName };
  }

  locateOwn(table: string): TableLocation {
    return { schema: null, name: table };
  }

  ownFiles(): readonly string[] {
    return [];
  }

  comparableType(type: string): string {
    return withoutSchema(type);
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

  createScratch(build: BuildSchema): Promise<ScratchDatabase> {
    return createScratch(this.dataSource, build);
  }

  openRecords(): Promise<RecordStore> {
    return openRecords(this.dataSource, this.defaultSchema);
  }

  private get defaultSchema(): string {
    return defaultSchemaOf(this.dataSource);
  }
}

export const postgresDialect = (dataSource: DataSource): Dialect => new PostgresDialect(dataSource);
