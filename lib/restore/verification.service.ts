import { Inject, Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Amounts } from '../audit/audit-events.js';
import { AuditedRun } from '../audit/audited-run.js';
import { AuditService } from '../audit/audit.service.js';
import { explain } from '../backup.errors.js';
import { CryptoService } from '../crypto/crypto.service.js';
import { DatabaseService } from '../database/database.service.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { recordProof } from '../store/record-proof.js';
import { type ArchiveSource, openFrom } from './archive-source.js';
import { proveRestore } from './proof/prove-restore.js';
import type { OpenedArchive } from './read/open-archive.js';
import { reportOf, verifyArchive, type VerifyReport } from './read/verify-archive.js';
import type { VerifyArchiveOptions } from './restore-report.js';

/** Finds out whether an archive is whole, or, by restoring it beside the application, whether it can be restored. */
@Injectable()
export class VerificationService {
  private readonly logger = new Logger('BackupModule');

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly crypto: CryptoService,
    private readonly databases: DatabaseService,
    private readonly audit: AuditService,
  ) {}

  /** As `RestoreService.verify`. */
  async verify(source: ArchiveSource, options: VerifyArchiveOptions): Promise<VerifyReport> {
    const { aesKey, signal, initiator, restore } = options;
    const details = { id: randomUUID(), encrypted: aesKey !== undefined, restored: restore };
    const audited = new AuditedRun(this.audit, 'verify', details, initiator);
    let key: Buffer | undefined;
    try {
      key = aesKey === undefined ? undefined : this.crypto.parseAesKey(aesKey);
      const { archiveLimits: limits, destinations } = this.options;
      const archive = await openFrom(source, destinations, { key, signal, limits });
      try {
        audited.started();
        const report = await (restore ? this.prove(archive, audited, options) : verifyArchive(archive, options));
        audited.progress(amountsOf(report));
        if (restore) await this.record(source, report.manifest.id);
        audited.finished(report.manifest.id, report.manifest.complete);
        return report;
      } finally {
        await archive.close();
      }
    } catch (error) {
      this.logger.error(`An archive was not verified: ${explain(error)}`);
      audited.broken(error);
      throw error;
    } finally {
      key?.fill(0);
    }
  }

  private async prove(
    archive: OpenedArchive,
    audited: AuditedRun,
    { scratch, signal = new AbortController().signal, onProgress }: VerifyArchiveOptions,
  ): Promise<VerifyReport> {
    await proveRestore(archive, this.databases, this.options, {
      scratch,
      signal,
      onProgress: (progress) => {
        audited.progress(progress);
        onProgress?.(progress);
      },
      onLeft: (error) => this.logger.warn(`Something of a proof of restore is left: ${explain(error)}`),
    });
    return { ...reportOf(archive), restored: true };
  }

  /** What cannot be kept beside the backup is in the events and the history all the same. */
  private async record(source: ArchiveSource, id: string): Promise<void> {
    if (typeof source === 'string' || !('destination' in source)) return;
    const { destination } = source;
    await recordProof(this.options.destinations, { destination, id }).catch((error: unknown) =>
      this.logger.warn(`"${destination}" does not keep that backup ${id} was proven: ${explain(error)}`),
    );
  }
}

function amountsOf({ tables, files }: VerifyReport): Amounts {
  const directories = Object.values(files);
  return {
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    files: directories.reduce((sum, { count }) => sum + count, 0),
    bytes: directories.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
