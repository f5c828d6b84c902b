import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { BackupError } from '../backup.errors.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { Database } from './database.js';

/** The host's database: found and checked at startup, then locked and read for each backup. */
@Injectable()
export class DatabaseService extends Database implements OnModuleInit {
  constructor(
    @Inject(BACKUP_OPTIONS) protected override readonly options: ResolvedBackupOptions,
    private readonly moduleRef: ModuleRef,
  ) {
    super(options);
  }

  /** @throws BackupError `UNSUPPORTED_DATABASE` or `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.use(this.findDataSource());
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
