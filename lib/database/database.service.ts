import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { BackupError } from '../backup.errors.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import type { DatabaseLock, Dialect, Snapshot } from './dialects/dialect.js';
import { dialectFor } from './dialects/registry.js';
import { mapTables } from './mapped-tables.js';
import { type MigrationsRecord, readMigrations } from './migrations.js';
import { type TablePlan, TablePlanner } from './table-plan.js';

/** One moment of the host's database, and what of it is exported. */
export interface DatabaseSnapshot {
  readonly snapshot: Snapshot;
  readonly plan: TablePlan;
  readonly migrations: MigrationsRecord;
}

/** The host's database: found and checked at startup, then locked and read for each backup. */
@Injectable()
export class DatabaseService implements OnModuleInit {
  private dataSource!: DataSource;
  private dialect!: Dialect;
  private planner!: TablePlanner;

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @throws BackupError `UNSUPPORTED_DATABASE` or `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.dataSource = this.findDataSource();
    this.dialect = dialectFor(this.dataSource);
    const mapped = mapTables(this.dataSource, this.dialect, this.options.excludeEntities);
    this.planner = new TablePlanner(this.dataSource, this.dialect, mapped, this.options.unmappedTables);
  }

  /** @throws BackupError `LOCKED`, `DATABASE_UNAVAILABLE` */
  lock(): Promise<DatabaseLock> {
    return this.dialect.lock();
  }

  /** Takes a consistent snapshot; the caller closes it. @throws BackupError */
  async snapshot(signal: AbortSignal): Promise<DatabaseSnapshot> {
    const snapshot = await this.dialect.snapshot({ choose: (tables) => this.planner.choose(tables), signal });
    try {
      const migrations = await readMigrations(this.dataSource, this.dialect, snapshot);
      return { snapshot, plan: this.planner.plan(snapshot), migrations };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
  }

  private findDataSource(): DataSource {
    const { dataSource } = this.options;
    try {
      return this.moduleRef.get<DataSource>(getDataSourceToken(dataSource as string), { strict: false });
    } catch {
      const name = typeof dataSource === 'string' ? dataSource : ((dataSource as { name?: string }).name ?? 'default');
      throw BackupError.invalidOption(
        'dataSource',
        `there is no TypeORM DataSource "${name}"`,
        'Import TypeOrmModule.forRoot in the root module, or name the DataSource that you have.',
      );
    }
  }
}
