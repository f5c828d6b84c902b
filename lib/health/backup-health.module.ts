import { type DynamicModule, Module } from '@nestjs/common';
import { BackupHealthIndicator } from './backup-health.indicator.js';
import { hostNestProvider } from '../host/host-nest.js';
import { type BackupHealthOptions, HEALTH_LIMITS, resolveHealth } from './health-options.js';
import { MissingBackup } from './missing-backup.js';

/** Tells whether backups are made, and can be restored. Stands beside `BackupModule`. */
@Module({})
export class BackupHealthModule {
  /** @throws BackupError `INVALID_OPTIONS` */
  static forRoot(options: BackupHealthOptions = {}): DynamicModule {
    return {
      module: BackupHealthModule,
      providers: [
        hostNestProvider,
        { provide: HEALTH_LIMITS, useValue: resolveHealth(options) },
        BackupHealthIndicator,
        MissingBackup,
      ],
      exports: [BackupHealthIndicator],
    };
  }
}
