import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { createScheduleJob } from './schedule-job.js';
import { type BackupScheduleOptions, resolveSchedules } from './schedule-options.js';
import { SCHEDULE_OPTIONS, ScheduledBackups } from './scheduled-backups.js';

/** Makes backups by schedule, one for each moment however many replicas run. Stands beside `BackupModule`. */
@Module({})
export class BackupScheduleModule {
  /** @throws BackupError `INVALID_OPTIONS` */
  static forRoot(options: BackupScheduleOptions): DynamicModule {
    return {
      module: BackupScheduleModule,
      imports: [ScheduleModule.forRoot()],
      providers: [
        { provide: SCHEDULE_OPTIONS, useValue: options },
        ScheduledBackups,
        ...resolveSchedules(options).map(createScheduleJob),
      ],
    };
  }
}
