import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { DatabaseService } from '../../database/database.service.js';
import { explain } from '../../errors/explain.js';
import { findTarget } from '../../store/open-stored.js';
import type { NamedDestination } from '../../store/store-archive.js';
import { isUnread, readBeside } from '../../store/stored-manifest.js';
import { plural } from '../../support/plural.js';
import { BackupCore } from '../backup-core.js';
import { parseUploadName, recordName, resultName } from './upload-names.js';
import { type Piece, receivedBytes } from './upload-pieces.js';
import { type UploadRecord, UploadRecords, type UploadResult } from './upload-record.js';

/** An upload as its destination holds it. */
export interface StoredUpload {
  readonly target: NamedDestination;
  readonly record: UploadRecord;
  readonly pieces: readonly Piece[];
  /** Null until it was checked. */
  readonly result: UploadResult | null;
  /** Of the record's object: until when the destination refuses to delete it. */
  readonly lockedUntil: Date | null;
}

interface Found {
  hasRecord: boolean;
  hasResult: boolean;
  lockedUntil: Date | null;
  readonly pieces: Piece[];
}

/** Unfinished uploads in their destinations, where every process of the application finds them, also after a restart. */
@Injectable()
export class UploadStore {
  private readonly logger = new Logger(UploadStore.name);

  constructor(private readonly core: BackupCore) {}

  /** @throws BackupError `WRONG_USAGE`; why it cannot be used */
  target(destination: string): NamedDestination {
    return findTarget(this.core.options.destinations, destination);
  }

  /** Name for a new piece of an upload, which begins at this byte. */
  pieceName(id: string, offset: number): string {
    return this.records.pieceName(id, offset);
  }

  /** @throws BackupError `DESTINATION_FAILED` */
  async find(destination: string, id: string): Promise<StoredUpload | undefined> {
    const target = this.target(destination);
    const found = (await this.look(target, id)).get(id);
    return found && this.describe(target, id, found);
  }

  /**
   * Those of a destination that this application has begun. One that cannot be read is passed over: it may be another
   * one's object, which must not stand in the way of everybody.
   * @throws BackupError `DESTINATION_FAILED`
   */
  async all(destination: string): Promise<StoredUpload[]> {
    const target = this.target(destination);
    const uploads: StoredUpload[] = [];
    const unread: unknown[] = [];
    for (const [id, found] of await this.look(target)) {
      const upload = await this.describe(target, id, found).catch((error: unknown) => void unread.push(error));
      if (upload) uploads.push(upload);
    }
    if (unread.length > 0) {
      const what = `${unread.length} ${plural('upload', unread.length)} in "${destination}"`;
      this.logger.warn(`${what} could not be read: ${explain(unread[0])}`);
    }
    return uploads;
  }

  async begin({ destination }: NamedDestination, record: UploadRecord): Promise<void> {
    await destination.put(recordName(record.id), Readable.from([this.records.write(record)]));
  }

  /** Whether nobody has removed it meanwhile. */
  async isThere({ destination }: NamedDestination, id: string): Promise<boolean> {
    return destination.open(recordName(id)).then(
      async (source) => {
        await source.close();
        return true;
      },
      () => false,
    );
  }

  /** How its check ended; nothing but that and the record stays, until the upload expires. */
  async conclude({ target, record, pieces }: StoredUpload, result: UploadResult): Promise<void> {
    const { destination } = target;
    const content = Readable.from([this.records.writeResult(record.id, result)]);
    try {
      await destination.put(resultName(record.id), content);
      await this.removePieces(target, pieces);
    } catch (error) {
      this.logger.warn(`Not everything of upload ${record.id} in "${target.name}" was cleared away: ${explain(error)}`);
    }
  }

  /** The record last: without it nothing shows whose the pieces are. */
  async remove({ target, record: { id }, pieces }: StoredUpload): Promise<void> {
    await this.removePieces(target, pieces);
    await target.destination.delete(resultName(id));
    await target.destination.delete(recordName(id));
  }

  private async removePieces({ destination }: NamedDestination, pieces: readonly Piece[]): Promise<void> {
    for (const { name } of pieces) await destination.delete(name);
  }

  /** What belongs to uploads, by their ids; no piece that others have put there, and nothing that is not a file. */
  private async look({ destination }: NamedDestination, only?: string): Promise<Map<string, Found>> {
    const uploads = new Map<string, Found>();
    const { records } = this;
    for await (const { name, bytes, lockedUntil, problem } of destination.list()) {
      const { id, part, offset } = parseUploadName(name) ?? {};
      if (id === undefined || (only !== undefined && id !== only) || problem !== undefined) continue;
      if (part === 'piece' && !records.isOwnPiece(name)) continue;
      const found = uploads.get(id) ?? { hasRecord: false, hasResult: false, lockedUntil: null, pieces: [] };
      uploads.set(id, found);
      if (part === 'piece') found.pieces.push({ name, offset: offset!, bytes });
      else if (part === 'result') found.hasResult = true;
      else Object.assign(found, { hasRecord: true, lockedUntil: lockedUntil ?? null });
    }
    return uploads;
  }

  private async describe(target: NamedDestination, id: string, found: Found): Promise<StoredUpload | undefined> {
    const { hasRecord, hasResult, pieces, lockedUntil } = found;
    if (!hasRecord) return undefined;
    const record = this.records.read(await jsonOf(target, recordName(id)), id);
    if (record?.destination !== target.name) return undefined;
    const result = hasResult ? this.records.readResult(await jsonOf(target, resultName(id)), id) : undefined;
    return { target, record, pieces, result: result ?? null, lockedUntil };
  }

  /** Nobody gets here without a backup key. */
  private get records(): UploadRecords {
    return new UploadRecords(this.core.options.backupKeyDigest!, this.core.get(DatabaseService).name);
  }
}

/** Undefined for what is no JSON, which this application has not written. @throws BackupError `DESTINATION_FAILED` */
async function jsonOf({ destination }: NamedDestination, object: string): Promise<unknown> {
  return readBeside(destination, object).catch((error: unknown) => {
    if (isUnread(error)) throw error;
    return undefined;
  });
}

/** How many of its bytes are there without a gap. */
export function offsetOf({ result, record, pieces }: Pick<StoredUpload, 'result' | 'record' | 'pieces'>): number {
  return result ? record.size : Math.min(record.size, receivedBytes(pieces));
}
