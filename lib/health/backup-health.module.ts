import { ConfigurableModuleBuilder, type ConfigurableModuleCls, type DynamicModule, Module } from '@nestjs/common';
import { hostNestProvider } from '../host/host-nest.js';
import { refuseRequestScope } from '../host/request-scope.js';
import { BackupHealthIndicator } from './backup-health.indicator.js';
import { type BackupHealthOptions, HEALTH_LIMITS, resolveHealth } from './health-options.js';
import { MissingBackup } from './missing-backup.js';

const built = new ConfigurableModuleBuilder<BackupHealthOptions>({ moduleName: 'BackupHealth' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackupHealthOptions')
  .build();

/** Its type is written out: what the compiler makes of it by itself, compilers before 5.3 cannot read. */
const ConfigurableModuleClass: ConfigurableModuleCls<BackupHealthOptions, 'forRoot', 'createBackupHealthOptions'> =
  built.ConfigurableModuleClass;

/**
 * Tells whether backups are made, and can be restored: `forRoot(options)`, `forRootAsync(factory)`. Stands beside
 * `BackupModule`.
 */
@Module({
  providers: [
    hostNestProvider,
    refuseRequestScope(built.MODULE_OPTIONS_TOKEN, 'health'),
    { provide: HEALTH_LIMITS, inject: [built.MODULE_OPTIONS_TOKEN], useFactory: resolveHealth },
    BackupHealthIndicator,
    MissingBackup,
  ],
  exports: [BackupHealthIndicator],
})
export class BackupHealthModule extends ConfigurableModuleClass {
  /** @throws BackupError `INVALID_OPTIONS` */
  static override forRoot(options: BackupHealthOptions = {}): DynamicModule {
    resolveHealth(options);
    return super.forRoot(options);
  }
}
