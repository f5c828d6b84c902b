import { type ConfigurableModuleAsyncOptions, type DynamicModule, Module } from '@nestjs/common';
import { AuditService } from './audit/audit.service.js';
import { BackupService } from './backup/backup.service.js';
import {
  type BackupModuleExtras,
  ConfigurableModuleClass,
  EXTRA_NAMES,
  MODULE_OPTIONS_TOKEN,
} from './backup.module-definition.js';
import { CryptoService } from './crypto/crypto.service.js';
import { DatabaseService } from './database/database.service.js';
import { ArchiveService } from './files/archive.service.js';
import { HooksService } from './hooks/hooks.service.js';
import { hostNestProvider } from './host/host-nest.js';
import { refuseRequestScope } from './host/request-scope.js';
import { Availability } from './http/availability.js';
import { MissingKeyNotice } from './http/missing-key-notice.js';
import { openApiProvider } from './http/open-api.js';
import { ParserErrors } from './http/parser-errors.js';
import { RequestAudit } from './http/request-audit.service.js';
import { singleEndpoint } from './http/single-endpoint.js';
import { TrailingSlashRoutes } from './http/trailing-slash.js';
import { WrongKeyLimiter } from './http/wrong-key-limiter.service.js';
import { Maintenance } from './maintenance/maintenance.js';
import type { BackupModuleOptions } from './options/backup-options.js';
import { REFUSES_WHEN_USED, resolvedOptionsProvider } from './options/options.provider.js';
import { KNOWN_OPTIONS } from './options/resolve-options.js';
import { RecoveryService } from './recovery/recovery.service.js';
import { RestoreService } from './restore/restore.service.js';
import { VerificationService } from './restore/verification.service.js';
import { UpcomingRuns } from './scheduling/upcoming-runs.js';
import { StatusService } from './status/status.service.js';
import { BackupDispatcher } from './store/backup-dispatcher.js';
import { BackupStore } from './store/backup-store.js';
import { RewrapService } from './store/rewrap.service.js';
import { ScheduledRuns } from './store/scheduled-runs.js';
import { SealsService } from './store/seals.service.js';
import { StoredArchives } from './store/stored-archives.js';
import { spelledOut } from './support/read-options.js';

/** Gives a Nest + TypeORM application its backup endpoint and services: `forRoot(options)`, `forRootAsync(factory)`. */
@Module({
  providers: [
    hostNestProvider,
    refuseRequestScope(MODULE_OPTIONS_TOKEN, 'backup'),
    resolvedOptionsProvider(MODULE_OPTIONS_TOKEN),
    { provide: REFUSES_WHEN_USED, useValue: false },
    ArchiveService,
    BackupDispatcher,
    AuditService,
    Availability,
    BackupService,
    BackupStore,
    CryptoService,
    DatabaseService,
    HooksService,
    Maintenance,
    MissingKeyNotice,
    openApiProvider,
    ParserErrors,
    RecoveryService,
    RequestAudit,
    RestoreService,
    RewrapService,
    ScheduledRuns,
    SealsService,
    singleEndpoint,
    StatusService,
    StoredArchives,
    TrailingSlashRoutes,
    UpcomingRuns,
    VerificationService,
    WrongKeyLimiter,
  ],
  exports: [ArchiveService, BackupService, BackupStore, CryptoService, RestoreService, RewrapService],
})
export class BackupModule extends ConfigurableModuleClass {
  /** @throws BackupError `INVALID_OPTIONS`: at the start, which fails */
  static override forRoot(options: BackupModuleOptions & BackupModuleExtras): DynamicModule {
    return super.forRoot(spelledOut(options, [...KNOWN_OPTIONS, ...EXTRA_NAMES]));
  }

  /** The same with options from `useFactory`, `useClass` or `useExisting`; the extras stand beside it. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<BackupModuleOptions, 'createBackupOptions'> & BackupModuleExtras,
  ): DynamicModule {
    return super.forRootAsync(options);
  }
}
