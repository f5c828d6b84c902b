import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Encryption } from '../../crypto/archive-key.js';
import { encryptionOf } from '../../crypto/decrypted-source.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { emptyUpload, plaintextUpload, uploadRefused, uploadTooLarge } from '../../errors/upload-errors.js';
import type { NamedDestination } from '../../store/store-archive.js';
import { refuseStored } from '../../store/store-uploaded.js';
import { parseStoredName } from '../../store/stored-names.js';
import { visibleUpTo } from '../../support/visible-text.js';
import { BackupCore } from '../backup-core.js';
import { noSuchUpload, pieceTooLong, uploadIsOver, wrongOffset } from '../routes/upload-errors.js';
import { StoredList } from '../stored-list.js';
import { receivePieces } from './receive-pieces.js';
import { lockedPieces, refuseWithoutRoom } from './room.js';
import { isUploadId } from './upload-names.js';
import { ownerOf, type UploadRecord } from './upload-record.js';
import { offsetOf, type StoredUpload, UploadStore } from './upload-store.js';

/** Of a piece, in bytes: what is lost at most when this process is killed. */
const LEAST_PIECE = 16 * 1024 * 1024;
/** A large archive has larger pieces, because each is an object that is listed. */
const MOST_PIECES = 512;
/** In characters. */
const LONGEST_NAME = 200;

/** The file that somebody wants to upload. */
export interface AskedUpload {
  readonly destination: string;
  readonly filename: string;
  readonly size: number;
  readonly lastModified: number | null;
  readonly plaintext: boolean;
}

/** Receives archives in pieces. They are kept in the destination, so that any process can go on with an upload. */
@Injectable()
export class Uploads implements OnModuleDestroy {
  /** As this process knows them, so that not every piece costs a listing. */
  private readonly known = new Map<string, StoredUpload>();
  private readonly creating = new Map<string, Promise<unknown>>();
  private readonly receiving = new Map<string, { readonly stop: AbortController; readonly done: Promise<unknown> }>();

  constructor(
    private readonly core: BackupCore,
    private readonly stored: StoredList,
    private readonly store: UploadStore,
  ) {}

  /** What has arrived stays. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.receiving.keys()].map((id) => this.interrupt(id)));
  }

  /** @throws HttpException 404; BackupError `UPLOAD_REFUSED`, `DESTINATION_FAILED` */
  async create(asked: AskedUpload, user: string | null): Promise<StoredUpload> {
    const { destination } = asked;
    const target = this.store.target(this.stored.known(destination));
    // One after the other: each counts those before it.
    const before = this.creating.get(destination) ?? Promise.resolve();
    const created = before.then(() => this.createIn(target, asked, user));
    this.creating.set(
      destination,
      created.catch(() => {}),
    );
    return created;
  }

  private async createIn(target: NamedDestination, asked: AskedUpload, user: string | null): Promise<StoredUpload> {
    const { destination, size } = asked;
    const { maxBytes, maxUnfinished, expiresAfter } = this.core.options.uploads;
    if (size === 0) throw emptyUpload();
    if (size > maxBytes) throw uploadTooLarge({ size, most: maxBytes });
    const name = parseStoredName(asked.filename);
    if (name) await refuseStored(target, name.id);
    await refuseWithoutRoom(target, size);
    await this.refuseMore(destination, maxUnfinished - 1);
    const id = randomUUID();
    const now = Date.now();
    const record: UploadRecord = {
      ...asked,
      id,
      filename: visibleUpTo(LONGEST_NAME, asked.filename),
      owner: ownerOf(id, user),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + expiresAfter).toISOString(),
    };
    await this.store.begin(target, record);
    const upload = await this.find(destination, id, user);
    if (upload.lockedUntil) throw lockedPieces(destination);
    // Another process may have begun one meanwhile.
    await this.refuseMore(destination, maxUnfinished).catch(async (error: unknown) => {
      await this.remove(upload);
      throw error;
    });
    return upload;
  }

  /**
   * As its destination holds it now. A request that still sends it bytes is ended first, so that nothing more arrives: its
   * connection was lost, or the client would not ask.
   * @throws HttpException 404; BackupError `DESTINATION_FAILED`
   */
  async find(destination: string, id: string, user: string | null): Promise<StoredUpload> {
    const before = await this.look(destination, id, user);
    const isReceiving = this.receiving.has(id);
    await this.interrupt(id);
    const upload = isReceiving ? await this.look(destination, id, user) : before;
    this.remember(upload);
    return upload;
  }

  /** The same while it is being sent. @throws HttpException 404; BackupError `DESTINATION_FAILED` */
  async look(destination: string, id: string, user: string | null): Promise<StoredUpload> {
    const isNamed = isUploadId(id) && this.core.store.destinations.includes(destination);
    const upload = isNamed ? await this.store.find(destination, id) : undefined;
    if (!upload || !isOf(upload, user)) throw noSuchUpload();
    return upload;
  }

  /** Those of a user, in a destination, that have not expired. @throws BackupError `DESTINATION_FAILED` */
  async of(destination: string, user: string | null): Promise<StoredUpload[]> {
    return (await this.store.all(destination)).filter((upload) => isOf(upload, user));
  }

  /**
   * Stores what a client sends from an offset on.
   * @returns the new offset
   * @throws HttpException 404, 409, 413; BackupError `ARCHIVE_INVALID`, `UPLOAD_REFUSED`: it was removed; `DESTINATION_FAILED`
   */
  async receive(
    { destination, id }: { readonly destination: string; readonly id: string },
    user: string | null,
    offset: number,
    body: Readable,
  ): Promise<{ readonly record: UploadRecord; readonly offset: number }> {
    const upload = this.atHand(destination, id, user, offset) ?? (await this.find(destination, id, user));
    if (upload.result) throw uploadIsOver();
    if (offsetOf(upload) !== offset) throw wrongOffset(offsetOf(upload));
    const stop = new AbortController();
    const done = this.take(upload, offset, body, stop.signal);
    const receiving = { stop, done: done.catch(() => {}) };
    this.receiving.set(id, receiving);
    try {
      return { record: upload.record, offset: await done };
    } finally {
      if (this.receiving.get(id) === receiving) this.receiving.delete(id);
    }
  }

  async remove(upload: StoredUpload): Promise<void> {
    this.known.delete(upload.record.id);
    await this.store.remove(upload);
  }

  /** For a client: how much to send at once, in bytes. */
  pieceBytes({ size }: UploadRecord): number {
    return Math.max(LEAST_PIECE, Math.ceil(size / MOST_PIECES));
  }

  /** What this process knows of it, if that is what the client expects. */
  private atHand(destination: string, id: string, user: string | null, offset: number): StoredUpload | undefined {
    const known = this.receiving.has(id) ? undefined : this.known.get(id);
    const isFit = known?.target.name === destination && isOf(known, user) && !known.result;
    return isFit && offsetOf(known) === offset ? known : undefined;
  }

  /** What is complete is looked at again, because somebody may have had it checked. */
  private remember(upload: StoredUpload): void {
    const { id, size } = upload.record;
    if (offsetOf(upload) < size) this.known.set(id, upload);
    else this.known.delete(id);
  }

  private async take(upload: StoredUpload, offset: number, body: Readable, signal: AbortSignal): Promise<number> {
    const { record, target } = upload;
    const { pieces, isTooMuch } = await receivePieces(body, target.destination, {
      nameAt: (at) => this.store.pieceName(record.id, at),
      offset,
      missing: record.size - offset,
      pieceBytes: this.pieceBytes(record),
      idleTimeout: this.core.options.idleTimeout,
      signal,
      look: (bytes) => void this.kindOf(bytes, record),
    }).catch((error: unknown) => this.refused(upload, error));
    const now = { ...upload, pieces: [...upload.pieces, ...pieces] };
    if (!(await this.store.isThere(target, record.id))) {
      // Somebody has removed it meanwhile, without these.
      this.known.delete(record.id);
      for (const { name } of pieces) await target.destination.delete(name);
      throw noSuchUpload();
    }
    this.remember(now);
    if (isTooMuch) throw pieceTooLong(record.size);
    return offsetOf(now);
  }

  /**
   * How an archive is encrypted that begins with these bytes. It is asked before the first byte is stored, and when all
   * are there.
   * @throws BackupError `ARCHIVE_INVALID`, `UPLOAD_REFUSED`
   */
  kindOf(bytes: Buffer, { plaintext }: UploadRecord): Encryption {
    const encryption = encryptionOf(bytes);
    if (!encryption) {
      throw archiveInvalid(
        'it does not begin like a backup',
        undefined,
        'Choose a file that was downloaded from here.',
      );
    }
    if (encryption === 'none' && this.core.store.encrypts && !plaintext) throw plaintextUpload();
    return encryption;
  }

  private async refused(upload: StoredUpload, error: unknown): Promise<never> {
    const { code } = Object(error) as { code?: unknown };
    // What the destination has not taken is sent again.
    if (code === 'ARCHIVE_INVALID' || code === 'UPLOAD_REFUSED') await this.remove(upload);
    else this.known.delete(upload.record.id);
    throw error;
  }

  /** @param most how many there may be */
  private async refuseMore(destination: string, most: number): Promise<void> {
    const unfinished = (await this.store.all(destination)).filter((upload) => !upload.result && !isExpired(upload));
    if (unfinished.length <= most) return;
    const problem = `"${destination}" has ${unfinished.length} unfinished uploads already`;
    throw uploadRefused(problem, 'Finish or remove one, or raise the option uploads.maxUnfinished.');
  }

  private async interrupt(id: string): Promise<void> {
    const running = this.receiving.get(id);
    running?.stop.abort(new Error('Another request goes on with this upload.'));
    await running?.done;
  }
}

export function isExpired({ record }: Pick<StoredUpload, 'record'>): boolean {
  return Date.parse(record.expiresAt) <= Date.now();
}

/** Nobody is told of the uploads of others. */
function isOf(upload: StoredUpload, user: string | null): boolean {
  return upload.record.owner === ownerOf(upload.record.id, user) && !isExpired(upload);
}
