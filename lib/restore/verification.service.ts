import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Amounts } from '../audit/audit-events.js';
import { AuditedRun } from '../audit/audited-run.js';
import { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { explain } from '../errors/explain.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { whyLess } from '../store/lesser-marks.js';
import { retryWhileLocked } from '../store/retry-while-locked.js';
import { StoredArchives } from '../store/stored-archives.js';
import { type ArchiveSource, expectsEncrypted, openFrom, type ReadKeys, readKeys } from './archive-source.js';
import type { OpenedArchive } from './read/open-archive.js';
import { reportOf, type VerifyProgress, type VerifyReport, verifyArchive } from './read/verify-archive.js';
import type { VerifyArchiveOptions } from './restore-report.js';
import { runRestoreTest } from './restore-test/run-restore-test.js';

/** Options of a scheduled restore test. */
export type TestOnceOptions = Pick<VerifyArchiveOptions, 'scratch' | 'initiator'> & { readonly signal: AbortSignal };

/** Finds out whether an archive is complete or, by restoring it beside the application, whether it can be restored. */
@Injectable()
export class VerificationService {
  private readonly logger = new Logger(VerificationService.name);

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly databases: DatabaseService,
    private readonly audit: AuditService,
    private readonly stored: StoredArchives,
    private readonly maintenance: Maintenance,
  ) {}

  /** Like `RestoreService.verify`. */
  async verify(source: ArchiveSource, options: VerifyArchiveOptions): Promise<VerifyReport> {
    return this.run(source, options, () => this.databases.lock('restore-test'));
  }

  /**
   * Tests the newest backup of a destination with the option `encryptionKey`, unless that was done since the scheduled
   * time. Of all processes asked, one does it; the others wait for it.
   * @returns null when it was already done
   * @throws BackupError as `RestoreService.verify`; what the option's function throws; the signal's reason
   */
  async testOnce(scheduledAt: Date, destination: string, options: TestOnceOptions): Promise<VerifyReport | null> {
    const test = async () => {
      this.maintenance.refuse();
      const lock = await this.databases.lock('restore-test');
      try {
        const newest = await this.stored.latest(destination);
        if (!newest) throw archiveInvalid(`"${destination}" has no backup`, undefined, 'Make one first.');
        if (newest.testedAt && newest.testedAt >= scheduledAt) return null;
        const source = { destination, id: newest.id };
        return await this.run(source, { ...options, restore: true }, async () => lock);
      } finally {
        await lock.release();
      }
    };
    const waits = () =>
      this.logger.log(`The restore test of a backup in "${destination}" is waiting for another one to finish.`);
    return retryWhileLocked(test, options.signal, waits);
  }

  private async run(
    source: ArchiveSource,
    asked: VerifyArchiveOptions,
    lockRestoreTest: () => Promise<DatabaseLock>,
  ): Promise<VerifyReport> {
    const { id = randomUUID(), initiator, restore, plaintext } = asked;
    const details = { id, encrypted: expectsEncrypted(asked), restoreTest: restore };
    const audited = new AuditedRun(this.audit, 'verify', details, initiator);
    const signal = audited.until(asked.signal);
    const options = { ...asked, signal, onProgress: reporting(audited, asked) };
    let keys: ReadKeys | undefined;
    try {
      keys = readKeys(options);
      const { archiveLimits: limits } = this.options;
      const archive = await openFrom(source, this.stored, { ...keys, signal, limits, plaintext });
      try {
        audited.opened(archive.encrypted);
        audited.started();
        const report = await (restore
          ? this.testRestore(archive, options, lockRestoreTest)
          : verifyArchive(archive, options));
        audited.progress(amountsOf(report));
        if (restore) await this.record(source, report.manifest.id);
        await asked.onVerified?.(report, signal);
        audited.finished(report.manifest.id, report.manifest.complete);
        return report;
      } finally {
        await archive.close();
      }
    } catch (error) {
      this.logger.error(`Verifying an archive failed: ${explain(error)}`);
      audited.broken(error);
      throw error;
    } finally {
      keys?.key?.fill(0);
    }
  }

  private async testRestore(
    archive: OpenedArchive,
    { scratch, ignoreMigrations, signal = new AbortController().signal, onProgress = () => {} }: VerifyArchiveOptions,
    lockRestoreTest: () => Promise<DatabaseLock>,
  ): Promise<VerifyReport> {
    const lock = await lockRestoreTest();
    try {
      await runRestoreTest(archive, this.databases, this.options, {
        scratch,
        ignoreMigrations,
        lock,
        signal,
        onProgress,
        onLeft: (error) => this.logger.warn(`Cleaning up after the restore test failed: ${explain(error)}`),
      });
    } finally {
      await lock.release();
    }
    return { ...reportOf(archive), restoreTest: true };
  }

  /** A result that cannot be recorded beside the backup is still in the events and the history. */
  private async record(source: ArchiveSource, id: string): Promise<void> {
    if (typeof source === 'string' || !('destination' in source)) return;
    const { destination } = source;
    const what = `the restore test of backup ${id} in "${destination}"`;
    try {
      const lack = await this.stored.recordRestoreTest({ destination, id });
      if (lack.length === 0) return;
      const { problem, remedy } = whyLess(lack);
      this.logger.warn(`The result of ${what} may not count elsewhere: ${problem}. ${remedy}`);
    } catch (error) {
      this.logger.warn(`Could not record ${what}: ${explain(error)}`);
    }
  }
}

function reporting(audited: AuditedRun, { onProgress }: VerifyArchiveOptions): (progress: VerifyProgress) => void {
  return (progress) => {
    audited.progress(progress);
    onProgress?.(progress);
  };
}

function amountsOf({ tables, files }: VerifyReport): Amounts {
  const directories = Object.values(files);
  return {
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    files: directories.reduce((sum, { count }) => sum + count, 0),
    bytes: directories.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
