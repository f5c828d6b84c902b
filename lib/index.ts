export { ArchiveService } from './archive/archive.service.js';
export type {
  BackupEvent,
  BackupEventName,
  BackupEvents,
  Initiator,
  RefusalReason,
} from './audit/audit-events.js';
export type { ArchiveLimits } from './archive/archive-limits.js';
export { BackupError, type BackupErrorCode } from './backup.errors.js';
export { BackupModule } from './backup.module.js';
export type { BackupModuleExtras } from './backup.module-definition.js';
export { BackupService } from './backup/backup.service.js';
export type { Backup, BackupProgress, CreateBackupOptions } from './backup/backup.service.js';
export type { BackupManifest } from './backup/manifest.js';
export { CryptoService } from './crypto/crypto.service.js';
export { BackupController } from './http/backup.controller.js';
export { BackupKeyGuard } from './http/backup-key.guard.js';
export { CreateBackupDto } from './http/create-backup.dto.js';
export { SystemUserGuard } from './http/system-user.guard.js';
export type { BackupModuleOptions, BackupOptionsFactory } from './options/backup-options.js';
export type { WrongKeyOptions, WrongKeyStorage } from './options/wrong-keys.js';
export { RestoreService } from './restore/restore.service.js';
export type { RestoreOptions, RestoreProgress, RestoreReport } from './restore/restore-report.js';
