/**
 * The main entry: the module, its services, and the types of what they take and give.
 * @module nestjs-backup
 */

export type { ArchiveLimits } from './archive/archive-limits.js';
export type { ArchiveWriter } from './archive/archive-writer.js';
export type { EntryAttributes } from './archive/entry-attributes.js';
export type {
  AbortedEvent,
  Amounts,
  BackupAllowedEvent,
  BackupEvent,
  BackupEventName,
  BackupEvents,
  BackupLinkedEvent,
  BackupMissingEvent,
  BackupUploadedEvent,
  BaseEvent,
  DestinationResult,
  FailedEvent,
  FinishedEvent,
  Initiator,
  PruneEvent,
  PruneFailedEvent,
  PruneFinishedEvent,
  RefusalReason,
  RefusedEvent,
  RestoreRecoveredEvent,
  RunKind,
  StartedEvent,
} from './audit/audit-events.js';
export type { RunProgress, Work } from './audit/run-progress.js';
export type { Backup, CreateBackupOptions } from './backup/backup.js';
export { BackupService } from './backup/backup.service.js';
export type { BackupProgress } from './backup/backup-run.js';
export { BackupModule } from './backup.module.js';
export type { BackupModuleExtras } from './backup.module-definition.js';
export type { Identities, Passphrase } from './crypto/age/identities.js';
export type { KeyService, Recipient } from './crypto/age/recipient.js';
export { CryptoService } from './crypto/crypto.service.js';
export type { SequenceState } from './database/catalog-table.js';
export type {
  BackupDestination,
  PutOptions,
  Replacement,
  RewrittenObject,
  StoredObject,
} from './destinations/backup-destination.js';
export { localDirectory } from './destinations/local-directory.js';
export { BackupError, type BackupErrorCode, type BackupErrorDetails } from './errors/backup-error.js';
export { ArchiveService } from './files/archive.service.js';
export type { DataDirectory, LocalDirectory, StoreDirectory } from './files/data-directory.js';
export type { DirectoryReport } from './files/read/directory-report.js';
export type { FileAttributes, FileContent, FileStore, ListedFile } from './files/store/file-store.js';
export { BackupLog } from './history/backup-log.entity.js';
export { CreateBackupLog1795392000000 } from './history/create-backup-log.migration.js';
export type { HistoryPage } from './history/history.service.js';
export { HistoryService } from './history/history.service.js';
export { BackupController } from './http/backup.controller.js';
export { BackupKeyGuard } from './http/backup-key.guard.js';
export { CreateBackupDto } from './http/create-backup.dto.js';
export { SystemUserGuard } from './http/system-user.guard.js';
export type { ColumnEncoding } from './jsonl/format.js';
export type { BackupManifest, ManifestFiles, ManifestTable } from './manifest/manifest.js';
export { MetricsService } from './metrics/metrics.service.js';
export type { BackupModuleOptions, BackupOptionsFactory } from './options/backup-options.js';
export type { AesKey, EncryptionKey } from './options/encryption-key.js';
export type { AfterHookContext, BackupHooks, BeforeHookContext, RunContext } from './options/hooks.js';
export type { RetentionKey, Secret, SecretSource } from './options/retention-key.js';
export type { RetentionPolicy } from './options/retention-policy.js';
export type { Signer, SigningKeyOption, SigningSource } from './options/signing-key.js';
export type { ArchivedRow, ArchivedValue, TransformRow } from './options/transform-row.js';
export type { UploadOptions } from './options/uploads.js';
export type { WrongKeyOptions, WrongKeyStorage } from './options/wrong-keys.js';
export type { ArchiveSource } from './restore/archive-source.js';
export type { ArchiveSignature } from './restore/read/archive-signature.js';
export type { VerifyProgress, VerifyReport } from './restore/read/verify-archive.js';
export { RestoreService } from './restore/restore.service.js';
export type { RestoreProgress } from './restore/restore-progress.js';
export type { ReplacedContent, RestoreOptions, RestoreReport, VerifyArchiveOptions } from './restore/restore-report.js';
export type {
  TranslatedColumn,
  TranslatedTable,
  TranslationPlan,
  TranslationProblem,
} from './restore/translate/translation-plan.js';
export type { PruneOptions, StoreBackupOptions, StoringBackup } from './store/backup-store.js';
export { BackupStore } from './store/backup-store.js';
export type { StoredReference } from './store/open-stored.js';
export type { PruneProgress, PruneReport } from './store/prune.js';
export type { Candidate, Decision } from './store/retention/decide.js';
export { type RewrapOptions, type RewrapReport, RewrapService } from './store/rewrap.service.js';
export type { Origin } from './store/seal.js';
export type { StoreReport, StoreResult } from './store/store-archive.js';
export type { StoredBackup } from './store/stored-backups.js';
export type { ScheduledRun, StoredManifest } from './store/stored-manifest.js';
export type { ByteSource } from './support/byte-source.js';
