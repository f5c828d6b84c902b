import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ArchiveWriter } from '../archive/archive-writer.js';
import { AuditService } from '../audit/audit.service.js';
import { AuditedRun } from '../audit/audited-run.js';
import {
  type ArchiveKey,
  chooseKey,
  encryptionWith,
  encryptStream,
  forgetKey,
  isEncryptedWith,
  keyIdsOf,
} from '../crypto/archive-key.js';
import type { SigningKey } from '../crypto/signature/signing-key.js';
import type { DatabaseSnapshot } from '../database/database.js';
import { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock, Snapshot } from '../database/dialects/dialect.js';
import { borrowed } from '../database/held-lock.js';
import { noTables } from '../errors/database-errors.js';
import { explain } from '../errors/explain.js';
import { aborted } from '../errors/run-errors.js';
import { ArchiveService } from '../files/archive.service.js';
import { storesUntil } from '../files/bounded-stores.js';
import { HooksService } from '../hooks/hooks.service.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { checkCallOptions } from '../options/call-options.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { RecoveryService } from '../recovery/recovery.service.js';
import { untilAborted } from '../support/deadline.js';
import { type Backup, CREATE_OPTIONS, type CreateBackupOptions } from './backup.js';
import { describeBackup } from './backup-name.js';
import { type BackupProgress, BackupRun } from './backup-run.js';
import { allEmpty, summary } from './summary.js';

/** An archive being written. */
interface StartedArchive {
  readonly createdAt: Date;
  /** Not encrypted. */
  readonly archive: Readable;
  readonly manifest: Promise<BackupManifest>;
  /** Called when nobody reads it any longer. */
  readonly end: (reason: unknown) => void;
}

const NOT_SIGNED =
  'The option trustedSigners is set and signingKey is not: this backup is not signed, and an application with these options refuses to restore it.';

/** Makes backups: snapshot -> entries -> archive -> cipher -> stream. */
@Injectable()
export class BackupService {
  private readonly logger = new Logger(BackupService.name);

  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly archives: ArchiveService,
    private readonly databases: DatabaseService,
    private readonly recovery: RecoveryService,
    private readonly audit: AuditService,
    private readonly hooks: HooksService,
  ) {}

  /**
   * Takes the lock and the snapshot, and starts an archive. The application keeps running in the meantime. A restore of
   * another process that was killed is finished or undone first.
   * @throws BackupError when nothing can be made: `INVALID_AES_KEY`, `INVALID_RECIPIENT`, `MISSING_PACKAGE`, `WRONG_USAGE`,
   *   `LOCKED`, `DATABASE_UNAVAILABLE`, `DATABASE_BUSY`, `DATABASE_FAILED`, `NO_TABLES`, `DIRECTORY_UNREADABLE`, `HOOK_FAILED`, `ABORTED`; `RESTORE_FAILED` or
   *   `RESTORE_UNFINISHED` when a restore that was killed can be neither finished nor undone
   */
  async create(options: CreateBackupOptions = {}): Promise<Backup> {
    checkCallOptions('create', options, CREATE_OPTIONS);
    const audited = this.announce(options);
    const backup = await this.begin(audited, options);
    tellTheEnd(audited, backup);
    return backup;
  }

  /**
   * The events of a backup about to be made. For callers within the library, with `begin`.
   * @internal
   */
  announce(options: CreateBackupOptions): AuditedRun {
    const redacted = this.options.transformRow !== undefined;
    const run = { id: randomUUID(), encrypted: isEncryptedWith(options, this.options), redacted };
    return new AuditedRun(this.audit, 'backup', run, options.initiator);
  }

  /**
   * Like `create`, but the caller reports how it ended, unless it does not even start.
   * @internal
   */
  async begin(audited: AuditedRun, options: CreateBackupOptions): Promise<Backup> {
    let key: ArchiveKey | undefined;
    try {
      key = await chooseKey(options, this.options);
      const { createdAt, archive, manifest, end } = await this.start(audited, options, await this.askSigningKey());
      const stream = key ? encryptStream(archive, key) : archive;
      stream.once('close', () => end(stream.errored ?? aborted()));
      return {
        id: audited.id,
        ...describeBackup(createdAt, encryptionWith(key)),
        keyIds: keyIdsOf(key),
        stream,
        manifest,
      };
    } catch (error) {
      audited.broken(error);
      await this.hooks.settled(audited);
      throw error;
    } finally {
      forgetKey(key);
    }
  }

  private async start(
    audited: AuditedRun,
    { estimate = this.audit.running.isShown, under, ...given }: CreateBackupOptions,
    signingKey: SigningKey | null,
  ): Promise<StartedArchive> {
    const { id } = audited;
    const signal = audited.until(given.signal);
    const createdAt = new Date();
    const stop = new AbortController();
    const abort = () => stop.abort(aborted(signal.reason));
    const detach = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) throw aborted(signal.reason);
    signal.addEventListener('abort', abort, { once: true });

    try {
      const lock = under ? borrowed(under) : await this.recovery.lock(stop.signal);
      try {
        lock.lost.throwIfAborted(); // It may have been lost during recovery, when nothing was listening.
        lock.lost.addEventListener('abort', () => stop.abort(lock.lost.reason), { once: true });
        if (!under) await this.hooks.begin('backup', audited, stop.signal);
        const options = { ...this.options, dataDirs: storesUntil(this.options.dataDirs, stop.signal) };
        await this.archives.checkDirectories(options.dataDirs);
        const database = await this.snapshot(stop.signal);
        const writer = this.archives.createWriter(options.compressionLevel, options.compression, signingKey !== null);
        const onProgress = (progress: BackupProgress) => {
          audited.progress(progress);
          given.onProgress?.(progress);
        };
        const { archives } = this;
        const parts = { id, createdAt, options, archives, writer, database, lock, signingKey };
        const run = new BackupRun(parts, { onProgress, estimateUntil: estimate ? stop.signal : null });
        stop.signal.addEventListener('abort', () => writer.abort(stop.signal.reason), { once: true });
        audited.started();
        const manifest = this.finish(run, writer, database.snapshot, lock, stop.signal);
        manifest.catch(() => {}); // The stream reports it as well, and is what everybody listens to.
        const end = (reason: unknown) => {
          detach();
          stop.abort(reason);
        };
        return { createdAt, archive: writer.stream, manifest, end };
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      detach();
      this.logger.error(`Backup ${id} was not started. ${explain(error)}`);
      throw error;
    }
  }

  /** Before anything is made, so that an unavailable key is not noticed only at the end. */
  private async askSigningKey(): Promise<SigningKey | null> {
    const { signingKey, trustedSigners } = this.options;
    if (trustedSigners && !signingKey) this.logger.warn(NOT_SIGNED);
    return (await signingKey?.()) ?? null;
  }

  /** @throws BackupError `NO_TABLES`: an archive of the wrong database would count as a good one, and push out those that are */
  private async snapshot(signal: AbortSignal): Promise<DatabaseSnapshot> {
    const database = await this.databases.snapshot(signal);
    try {
      signal.throwIfAborted();
      const { allMissing } = database.plan;
      if (allMissing !== undefined && !(await this.databases.findsTables())) {
        throw noTables(this.databases.displayName, allMissing);
      }
      return database;
    } catch (error) {
      await database.snapshot.close();
      throw error;
    }
  }

  private async finish(
    run: BackupRun,
    writer: ArchiveWriter,
    snapshot: Snapshot,
    lock: DatabaseLock,
    signal: AbortSignal,
  ): Promise<BackupManifest> {
    try {
      // Waiting for something that does not answer must not keep the lock.
      const manifest = await untilAborted(signal, run.write());
      this.logger.log(`Backup ${run.id} is complete: ${summary(manifest)}.`);
      const empty = allEmpty(manifest);
      if (empty) this.logger.warn(`Backup ${run.id}: ${empty}`);
      return manifest;
    } catch (error) {
      writer.abort(error);
      this.logger.error(`Backup ${run.id} failed: ${explain(error)}`);
      throw error;
    } finally {
      // A snapshot that cannot be closed must not keep the lock.
      await snapshot.close().finally(() => lock.release());
    }
  }
}

/** What counts is what was handed out: a complete archive that nobody read is not a backup. */
function tellTheEnd(audited: AuditedRun, { stream, manifest }: Backup): void {
  const tell = () => {
    if (stream.errored || !stream.readableEnded) audited.broken(stream.errored ?? aborted());
    else void manifest.then(({ id, complete }) => audited.finished(id, complete)).catch((e) => audited.broken(e));
  };
  if (stream.closed) tell();
  else stream.once('close', tell);
}
