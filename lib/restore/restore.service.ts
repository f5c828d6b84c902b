import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { AuditedRun } from '../audit/audited-run.js';
import { DatabaseService } from '../database/database.service.js';
import { explain } from '../errors/explain.js';
import { aborted } from '../errors/run-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
import { HooksService } from '../hooks/hooks.service.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { checkCallOptions } from '../options/call-options.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { RecoveryService } from '../recovery/recovery.service.js';
import type { StoredReference } from '../store/open-stored.js';
import { StoredArchives } from '../store/stored-archives.js';
import { visible } from '../support/visible-text.js';
import { type ArchiveSource, expectsEncrypted, type GivenKeys, openFrom, readKeys } from './archive-source.js';
import { refuseRedacted } from './check-target.js';
import type { HeldRestoreOptions } from './held-restore.js';
import { type InspectedArchive, inspected } from './inspected-archive.js';
import { endedBy, orLockLost } from './lock-lost.js';
import { planRestore } from './plan-restore.js';
import type { VerifyReport } from './read/verify-archive.js';
import type { RestoreProgress } from './restore-progress.js';
import {
  INSPECT_OPTIONS,
  RESTORE_OPTIONS,
  type RestoreOptions,
  type RestoreReport,
  VERIFY_OPTIONS,
  type VerifyArchiveOptions,
} from './restore-report.js';
import { RestoreRun } from './restore-run.js';
import { vainWithoutDatabase } from './vain-options.js';
import { VerificationService } from './verification.service.js';

/** Restores backups: archive -> checks -> rows in one transaction, files beside their targets -> commit, swap. */
@Injectable()
export class RestoreService {
  private readonly logger = new Logger(RestoreService.name);

  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly databases: DatabaseService,
    private readonly recovery: RecoveryService,
    private readonly audit: AuditService,
    private readonly hooks: HooksService,
    private readonly verifications: VerificationService,
    private readonly stored: StoredArchives,
  ) {}

  /**
   * Restores everything, or changes nothing.
   * @throws BackupError `ARCHIVE_INVALID` or `DECRYPTION_FAILED` (not a readable, complete archive), `RESTORE_REFUSED`
   *   or `LOCKED` (the target does not fit, is not empty, or is in use), `RESTORE_FAILED`, `DATABASE_UNAVAILABLE`,
   *   `DESTINATION_FAILED`, `HOOK_FAILED`, `ABORTED`; in all of these cases nothing has changed. `OUTCOME_UNKNOWN`: the
   *   next start finishes or undoes it.
   */
  async restore(source: ArchiveSource, options: RestoreOptions = {}): Promise<RestoreReport> {
    checkCallOptions('restore', options, RESTORE_OPTIONS);
    const vain = vainWithoutDatabase(options);
    if (vain) throw wrongUsage(`${vain} and skipDatabase were given together`, 'Give only one of them.');
    return this.restoreHeld(source, options);
  }

  /**
   * The same with what a restore of a running application needs. For callers within the library.
   * @internal
   */
  async restoreHeld(source: ArchiveSource, options: HeldRestoreOptions): Promise<RestoreReport> {
    const { id = randomUUID(), isFinal, dryRun, initiator } = options;
    const details = { id, encrypted: expectsEncrypted(options), dryRun };
    const audited = new AuditedRun(this.audit, 'restore', details, initiator);
    try {
      return await this.run(id, audited, source, {
        ...options,
        signal: isFinal ? options.signal : audited.until(options.signal),
      });
    } catch (error) {
      audited.broken(error);
      throw error;
    } finally {
      await this.hooks.settled(audited);
    }
  }

  /**
   * Reads every byte of an archive and compares it with its manifest; touches neither database nor data directories.
   * With `restore` it restores the archive into a database and directories beside the application's, compares them with
   * the manifest, and removes them.
   * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `DESTINATION_FAILED`, `ABORTED`; with `restore` also
   *   `RESTORE_TEST_FAILED`, `RESTORE_REFUSED`, `RESTORE_FAILED`, `LOCKED`, `DATABASE_UNAVAILABLE`
   */
  async verify(source: ArchiveSource, options: VerifyArchiveOptions = {}): Promise<VerifyReport> {
    checkCallOptions('verify', options, VERIFY_OPTIONS);
    return this.verifications.verify(source, options);
  }

  /**
   * What an archive says about itself; its content is not read. `signer` says with which key it is signed, and not whether
   * that is a trusted one.
   * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `DESTINATION_FAILED`
   */
  async inspect(
    source: ArchiveSource,
    options: Pick<RestoreOptions, 'aesKey' | 'identity' | 'trustedSigners'> = {},
  ): Promise<BackupManifest> {
    checkCallOptions('inspect', options, INSPECT_OPTIONS);
    return (await this.look(source, options)).manifest;
  }

  /**
   * The same, with its size and whether it is encrypted. For callers within the library.
   * @internal
   */
  async look(source: ArchiveSource, given: GivenKeys): Promise<InspectedArchive> {
    const keys = readKeys(given);
    try {
      const { archiveLimits: limits } = this.options;
      // Inspecting an archive does no harm, whoever has put it there.
      const archive = await openFrom(source, this.stored, { ...keys, limits, plaintext: true, anySigner: true });
      await archive.close();
      return inspected(archive);
    } finally {
      keys.key?.fill(0);
    }
  }

  /**
   * What a restore with `replace` would do, without locking a table or reading the archive's rows; reported as a dry run.
   * For callers within the library.
   * @throws BackupError as `restore`, for what can be told by then
   * @internal
   */
  async plan(
    source: ArchiveSource,
    { initiator, identity }: Pick<RestoreOptions, 'initiator' | 'identity'>,
  ): Promise<RestoreReport> {
    const details = { id: randomUUID(), encrypted: expectsEncrypted({ identity }), dryRun: true };
    const audited = new AuditedRun(this.audit, 'restore', details, initiator);
    const { archiveLimits: limits } = this.options;
    try {
      const archive = await openFrom(source, this.stored, { ...readKeys({ identity }), limits });
      try {
        audited.opened(archive.encrypted);
        refuseRedacted(archive.manifest, { replace: true });
        const lock = await this.recovery.lock();
        try {
          audited.started();
          const report = await planRestore(archive, this.options, this.databases, lock.lost);
          audited.finished(report.manifest.id, report.complete);
          return report;
        } finally {
          await lock.release();
        }
      } finally {
        await archive.close();
      }
    } catch (error) {
      audited.broken(error);
      throw error;
    }
  }

  /**
   * Opens a stored backup as a restore with `replace` would. For callers within the library.
   * @returns the id of the backup
   * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `DESTINATION_FAILED`, `RESTORE_REFUSED`
   * @internal
   */
  async check(source: StoredReference, { identity }: Pick<RestoreOptions, 'identity'>): Promise<string> {
    const { archiveLimits: limits } = this.options;
    const archive = await openFrom(source, this.stored, { ...readKeys({ identity }), limits });
    await archive.close();
    refuseRedacted(archive.manifest, { replace: true });
    return archive.manifest.id;
  }

  private async callBefore(audited: AuditedRun, signal?: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const abort = () => stop.abort(aborted(signal?.reason));
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    await this.hooks.begin('restore', audited, stop.signal).finally(() => signal?.removeEventListener('abort', abort));
  }

  private async run(
    id: string,
    audited: AuditedRun,
    source: ArchiveSource,
    { under, beforeReplacing, ...options }: HeldRestoreOptions,
  ): Promise<RestoreReport> {
    const keys = readKeys(options);
    const onProgress = (progress: RestoreProgress) => {
      audited.progress(progress);
      options.onProgress?.(progress);
    };
    try {
      const { archiveLimits: limits } = this.options;
      const { signal, plaintext } = options;
      const archive = await openFrom(source, this.stored, { ...keys, signal, limits, plaintext });
      try {
        audited.opened(archive.encrypted);
        refuseRedacted(archive.manifest, options);
        const lock = await this.recovery.lock(options.signal, under);
        try {
          const signal = endedBy(lock, options.signal);
          if (!options.dryRun) await this.callBefore(audited, signal);
          audited.started();
          const run = new RestoreRun(id, archive, this.options, this.databases, {
            ...options,
            signal,
            onProgress,
            beforeReplacing: beforeReplacing && (() => beforeReplacing(lock)),
          });
          const report = await run.run();
          audited.finished(report.manifest.id, report.complete);
          this.logger.log(
            `Restore ${id} of backup ${visible(report.manifest.id)} ${options.dryRun ? 'succeeded as a dry run' : 'is complete'}.`,
          );
          return report;
        } catch (error) {
          throw orLockLost(lock, error);
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
      keys.key?.fill(0);
    }
  }
}
