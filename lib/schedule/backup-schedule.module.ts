import { type DynamicModule, Module } from '@nestjs/common';
import { hostNestProvider } from '../host/host-nest.js';
import { createScheduleJob } from './schedule-job.js';
import { type BackupScheduleOptions, resolveSchedules } from './schedule-options.js';
import { SCHEDULE_OPTIONS, ScheduledBackups } from './scheduled-backups.js';

/** Makes backups and restore tests by schedule: one for each scheduled run however many replicas run. Stands beside `BackupModule` and `ScheduleModule`. */
@Module({})
export class BackupScheduleModule {
  /** @throws BackupError `INVALID_OPTIONS` */
  static forRoot(options: BackupScheduleOptions): DynamicModule {
    return {
      module: BackupScheduleModule,
      providers: [
        hostNestProvider,
        { provide: SCHEDULE_OPTIONS, useValue: options },
        ScheduledBackups,
        ...resolveSchedules(options).map(createScheduleJob),
      ],
    };
  }
}
