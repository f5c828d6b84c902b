import { Inject, Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AuditedRun } from '../audit/audited-run.js';
import { AuditService } from '../audit/audit.service.js';
import { explain } from '../backup.errors.js';
import { CryptoService } from '../crypto/crypto.service.js';
import { DatabaseService } from '../database/database.service.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { RecoveryService } from '../recovery/recovery.service.js';
import { openArchive } from './read/open-archive.js';
import type { RestoreOptions, RestoreProgress, RestoreReport } from './restore-report.js';
import { RestoreRun } from './restore-run.js';

/** Brings a backup back: archive -> checks -> rows in one transaction, files beside their targets -> commit, swap. */
@Injectable()
export class RestoreService {
  private readonly logger = new Logger('BackupModule');

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly crypto: CryptoService,
    private readonly databases: DatabaseService,
    private readonly recovery: RecoveryService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Restores everything, or changes nothing.
   * @param source path of an archive, or a stream of one, which is spooled to a temporary file as it comes
   * @throws BackupError `ARCHIVE_INVALID` or `DECRYPTION_FAILED` (not a readable, complete archive), `RESTORE_REFUSED` or
   *   `LOCKED` (the target does not fit, is not empty, or is in use), `RESTORE_FAILED`, `DATABASE_UNAVAILABLE`, `ABORTED`;
   *   in all of these cases nothing has changed. `OUTCOME_UNKNOWN`: the next start finishes or undoes it.
   */
  async restore(source: string | Readable, options: RestoreOptions = {}): Promise<RestoreReport> {
    const id = randomUUID();
    const { aesKey, dryRun, initiator } = options;
    const audited = new AuditedRun(this.audit, 'restore', { id, encrypted: aesKey !== undefined, dryRun }, initiator);
    try {
      return await this.run(id, audited, source, options);
    } catch (error) {
      audited.broken(error);
      throw error;
    }
  }

  private async run(
    id: string,
    audited: AuditedRun,
    source: string | Readable,
    options: RestoreOptions,
  ): Promise<RestoreReport> {
    const key = options.aesKey === undefined ? undefined : this.crypto.parseAesKey(options.aesKey);
    const onProgress = (progress: RestoreProgress) => {
      audited.progress(progress);
      options.onProgress?.(progress);
    };
    try {
      const archive = await openArchive(source, { key, signal: options.signal, limits: this.options.archiveLimits });
      try {
        const lock = await this.recovery.lock();
        try {
          audited.started();
          const run = new RestoreRun(id, archive, this.options, this.databases, { ...options, onProgress });
          const report = await run.run();
          audited.finished(report.manifest.id, report.complete);
          this.logger.log(`Restore ${id} of backup ${report.manifest.id} ${options.dryRun ? 'was tried' : 'is done'}.`);
          return report;
        } finally {
          await lock.release();
        }
      } finally {
        await archive.close();
      }
    } catch (error) {
      this.logger.error(`Restore ${id}: ${explain(error)}`);
      throw error;
    } finally {
      key?.fill(0);
    }
  }
}
