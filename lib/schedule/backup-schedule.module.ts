import { ConfigurableModuleBuilder, type ConfigurableModuleCls, type DynamicModule, Module } from '@nestjs/common';
import { hostNestProvider } from '../host/host-nest.js';
import { refuseRequestScope } from '../host/request-scope.js';
import { CRON_SAMPLE, createCronSample } from './cron-sample.js';
import { type BackupScheduleOptions, resolveSchedules } from './schedule-options.js';
import { SCHEDULE_OPTIONS, ScheduledBackups } from './scheduled-backups.js';

const built = new ConfigurableModuleBuilder<BackupScheduleOptions>({ moduleName: 'BackupSchedule' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackupScheduleOptions')
  .build();

/** Its type is written out: what the compiler makes of it by itself, compilers before 5.3 cannot read. */
const ConfigurableModuleClass: ConfigurableModuleCls<BackupScheduleOptions, 'forRoot', 'createBackupScheduleOptions'> =
  built.ConfigurableModuleClass;

/**
 * Makes backups and restore tests by schedule, one for each scheduled run however many replicas run: `forRoot(options)`,
 * `forRootAsync(factory)`. Stands beside `BackupModule` and `ScheduleModule`.
 */
@Module({
  providers: [
    hostNestProvider,
    refuseRequestScope(built.MODULE_OPTIONS_TOKEN, 'schedule'),
    { provide: SCHEDULE_OPTIONS, useExisting: built.MODULE_OPTIONS_TOKEN },
    { provide: CRON_SAMPLE, useFactory: createCronSample },
    ScheduledBackups,
  ],
})
export class BackupScheduleModule extends ConfigurableModuleClass {
  /** @throws BackupError `INVALID_OPTIONS`; a wrong cron expression only stops the start */
  static override forRoot(options: BackupScheduleOptions): DynamicModule {
    resolveSchedules(options);
    return super.forRoot(options);
  }
}
