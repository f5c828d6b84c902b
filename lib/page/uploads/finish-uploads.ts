import { Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Initiator } from '../../audit/audit-events.js';
import { parseAesKey } from '../../crypto/aes-key.js';
import { Identities } from '../../crypto/age/identities.js';
import type { Encryption } from '../../crypto/archive-key.js';
import { checkForm } from '../../crypto/decrypted-source.js';
import { archiveInvalid, isAboutKey } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { explain } from '../../errors/explain.js';
import { messageOverHttp } from '../../errors/over-http.js';
import { uploadRefused } from '../../errors/upload-errors.js';
import { SealsService } from '../../store/seals.service.js';
import { storeUploaded, type UploadedBackup, unverifiedUpload, verifiedUpload } from '../../store/store-uploaded.js';
import { parseStoredName, type StoredName } from '../../store/stored-names.js';
import type { ByteSource } from '../../support/byte-source.js';
import { BackupCore } from '../backup-core.js';
import type { ErrorText } from '../page-api.js';
import { uploadIncomplete, uploadIsBusy, uploadIsOver } from '../routes/upload-errors.js';
import { SharedRuns } from '../shared-runs.js';
import { PiecesSource } from './upload-pieces.js';
import { offsetOf, type StoredUpload, UploadStore } from './upload-store.js';
import { Uploads } from './uploads.service.js';

/** Read at a time, in bytes. */
const READ_BYTES = 1024 * 1024;

/** After these another attempt would end the same way. */
const FINAL: readonly unknown[] = [
  'ARCHIVE_INVALID',
  'DECRYPTION_FAILED',
  'SIGNATURE_INVALID',
  'SIGNATURE_MISSING',
  'SIGNATURE_UNTRUSTED',
  'UPLOAD_REFUSED',
];

export interface FinishKeys {
  readonly aesKey: string | undefined;
  readonly identity: string | undefined;
}

/** Checks complete uploads, and stores them as backups. */
@Injectable()
export class FinishUploads implements OnModuleDestroy {
  private readonly logger = new Logger(FinishUploads.name);
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly closing = new AbortController();
  /** Of checks of this process that may be repeated. */
  private readonly errors = new Map<string, ErrorText>();

  constructor(
    private readonly core: BackupCore,
    private readonly store: UploadStore,
    private readonly uploads: Uploads,
    private readonly runs: SharedRuns,
  ) {}

  async onModuleDestroy(): Promise<void> {
    this.closing.abort(new Error('The application is closing.'));
    await Promise.allSettled(this.running.values());
  }

  /**
   * Goes on without the client. The run has the id of the upload.
   * @throws HttpException 404, 409; BackupError `UPLOAD_REFUSED`, `INVALID_AES_KEY`, `INVALID_IDENTITY`, `DESTINATION_FAILED`
   */
  async begin(destination: string, id: string, keys: FinishKeys, initiator: Initiator): Promise<void> {
    if (this.isChecked(id)) throw uploadIsBusy();
    // Whoever asks next is told so, before anything here is waited for.
    const preparing = this.prepare(destination, id, keys, initiator);
    const done = preparing
      .then(({ upload, work }) => this.conclude(upload, work))
      .catch(() => {})
      .finally(() => this.running.delete(id));
    this.running.set(id, done);
    await preparing;
  }

  /** Whether some process checks it now. */
  async isBusy(id: string): Promise<boolean> {
    return this.isChecked(id) || this.isCheckedElsewhere(id);
  }

  /** Ids of those that some process checks now, and of all other runs. */
  async busy(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.runIds()), ...this.running.keys()]);
  }

  /** Whether this process checks it now. */
  isChecked(id: string): boolean {
    return this.running.has(id);
  }

  /** Why the last check has failed, if it may be repeated. */
  errorOf(id: string): ErrorText | null {
    return this.errors.get(id) ?? null;
  }

  private async prepare(destination: string, id: string, keys: FinishKeys, initiator: Initiator) {
    const upload = await this.uploads.find(destination, id, initiator.user);
    if (upload.result) throw uploadIsOver();
    const missing = upload.record.size - offsetOf(upload);
    if (missing > 0) throw uploadIncomplete(missing);
    if (await this.isCheckedElsewhere(id)) throw uploadIsBusy();
    if (keys.aesKey !== undefined) parseAesKey(keys.aesKey).fill(0);
    if (keys.identity !== undefined) Identities.parse(keys.identity);
    const encryption = await this.encryptionOf(upload);
    const work = this.canOpen(encryption, keys)
      ? () => this.verify(upload, encryption, keys, initiator)
      : this.byForm(upload, encryption, initiator);
    return { upload, work };
  }

  private async isCheckedElsewhere(id: string): Promise<boolean> {
    return (await this.runIds()).includes(id);
  }

  private async runIds(): Promise<string[]> {
    return (await this.runs.all()).filter(({ end }) => end === null).map(({ run }) => run.id);
  }

  private async encryptionOf(upload: StoredUpload): Promise<Encryption> {
    const source = sourceOf(upload);
    try {
      return this.uploads.kindOf(await source.read(0, Math.min(1, source.size)), upload.record);
    } finally {
      await source.close();
    }
  }

  private canOpen(encryption: Encryption, { aesKey, identity }: FinishKeys): boolean {
    const { encryptionKey, keyServices } = this.core.options;
    if (encryption === 'age') return identity !== undefined || keyServices.length > 0;
    return encryption === 'none' || aesKey !== undefined || encryptionKey !== null;
  }

  /** Reads every byte, as `verify` does. */
  private async verify(
    upload: StoredUpload,
    encryption: Encryption,
    { aesKey, identity }: FinishKeys,
    initiator: Initiator,
  ): Promise<UploadedBackup> {
    let stored!: UploadedBackup;
    await this.core.restores.verify(sourceOf(upload), {
      id: upload.record.id,
      aesKey: encryption === 'aes' ? aesKey : undefined,
      identity: encryption === 'age' ? identity : undefined,
      initiator,
      signal: this.closing.signal,
      onVerified: async ({ manifest }, signal) => {
        stored = verifiedUpload(manifest, encryption);
        await this.keep(upload, stored, initiator, signal);
      },
    });
    return stored;
  }

  /** @returns what stores it as far as it can be checked @throws BackupError `UPLOAD_REFUSED` without its id */
  private byForm(upload: StoredUpload, encryption: Encryption, initiator: Initiator): () => Promise<UploadedBackup> {
    if (encryption === 'none') throw archiveInvalid('it does not begin like an encrypted backup');
    const name = nameOf(upload, encryption);
    return async () => {
      const source = sourceOf(upload);
      await checkForm(source, encryption).finally(() => source.close());
      const stored = unverifiedUpload(name);
      await this.keep(upload, stored, initiator, this.closing.signal);
      return stored;
    };
  }

  private async keep(
    upload: StoredUpload,
    stored: UploadedBackup,
    initiator: Initiator,
    signal: AbortSignal,
  ): Promise<void> {
    const { target, record } = upload;
    const source = sourceOf(upload);
    try {
      const marks = await this.core.get(SealsService).marks();
      const { idleTimeout } = this.core.options;
      await storeUploaded(target, contentOf(source), stored, { marks, idleTimeout, signal });
    } finally {
      await source.close();
    }
    this.core.audit.record('backup.uploaded', initiator, {
      backup: stored.summary.id,
      destination: target.name,
      bytes: record.size,
      verified: stored.summary.uploaded === 'verified',
    });
    this.core.status.lookAgain();
  }

  /** The log and the events report how it went as well. */
  private async conclude(upload: StoredUpload, work: () => Promise<UploadedBackup>): Promise<void> {
    const { id } = upload.record;
    this.errors.delete(id);
    try {
      const { summary } = await work();
      await this.store.conclude(upload, { backup: summary.id, error: null });
    } catch (error) {
      const told = textOf(error);
      this.logger.error(`Upload ${id} was not stored: ${explain(error)}`);
      const isFinal = FINAL.includes(told.code) && !isAboutKey(error);
      if (isFinal) await this.store.conclude(upload, { backup: null, error: told });
      else this.errors.set(id, told);
    }
  }
}

function textOf(error: unknown): ErrorText {
  if (error instanceof BackupError) return { code: error.code, message: messageOverHttp(error) };
  const { code, message } = Object(error) as Partial<ErrorText>;
  return { code: code ?? 'INTERNAL', message: code ? message! : 'See the log.' };
}

function sourceOf({ target, pieces, record }: StoredUpload): ByteSource {
  return new PiecesSource(target.destination, pieces, record.size);
}

function contentOf(source: ByteSource): Readable {
  const read = async function* () {
    for (let at = 0; at < source.size; at += READ_BYTES) {
      yield await source.read(at, Math.min(READ_BYTES, source.size - at));
    }
  };
  return Readable.from(read(), { objectMode: false, highWaterMark: READ_BYTES });
}

/** @throws BackupError `UPLOAD_REFUSED` */
function nameOf({ record }: StoredUpload, encryption: 'aes' | 'age'): StoredName {
  const name = parseStoredName(record.filename);
  const ending = encryption === 'aes' ? '.crypt' : '.age';
  if (name?.part === 'archive' && name.archive.endsWith(ending)) return name;
  const problem = 'nothing here opens the archive, and its file name does not tell which backup it is';
  const remedy = `Give its key or identity, or rename the file to what it was in its destination: backup-<time>-<id>.zip${ending}`;
  throw uploadRefused(problem, remedy);
}
