import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { JsonFields } from '../../manifest/json-fields.js';
import { Seal } from '../../store/seal.js';
import type { ErrorText } from '../page-api.js';
import { isMarked, MARK_DIGITS, pieceName, recordName, resultName } from './upload-names.js';

/** What is known of an upload from its beginning. */
export interface UploadRecord {
  readonly id: string;
  /** The destination's name. */
  readonly destination: string;
  /** Of the file on the user's disk. */
  readonly filename: string;
  /** Of the complete archive, in bytes. */
  readonly size: number;
  /** When that file was last changed, in milliseconds since 1970; null when the client did not say. */
  readonly lastModified: number | null;
  /** Whether an archive that is not encrypted is accepted although the application encrypts. */
  readonly plaintext: boolean;
  /** Digest of the user who may go on with it. */
  readonly owner: string;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** How the check of an upload ended. */
export interface UploadResult {
  /** Id of the stored backup; null when it was refused. */
  readonly backup: string | null;
  /** Why it was refused; null when it was stored. */
  readonly error: ErrorText | null;
}

const FORMAT = 'nestjs-backup-upload/1';

/** Writes and reads what stands beside the pieces of uploads. Only what this application has written counts. */
export class UploadRecords {
  private readonly seal: Seal;
  private readonly pieceKey: Buffer;

  /**
   * @param backupKeyDigest SHA-256 of the backup key, without which there are no uploads
   * @param database as in the seals of backups
   */
  constructor(backupKeyDigest: Uint8Array, database: string) {
    this.seal = new Seal([{ of: 'backupKey', bytes: backupKeyDigest }], database);
    this.pieceKey = Buffer.from(hkdfSync('sha256', backupKeyDigest, '', 'nestjs-backup pieces of uploads', 32));
  }

  write(record: UploadRecord): Buffer {
    return this.sealed({ format: FORMAT, ...record }, recordName(record.id));
  }

  /** @returns undefined for what this application has not written */
  read(json: unknown, id: string): UploadRecord | undefined {
    if (!this.isOwn(json, recordName(id))) return undefined;
    const fields = JsonFields.of(json, 'upload');
    return {
      id: fields.text('id'),
      destination: fields.text('destination'),
      filename: fields.text('filename'),
      size: fields.count('size'),
      lastModified: fields.countOrNull('lastModified'),
      plaintext: fields.boolean('plaintext'),
      owner: fields.text('owner'),
      createdAt: fields.time('createdAt'),
      expiresAt: fields.time('expiresAt'),
    };
  }

  writeResult(id: string, { backup, error }: UploadResult): Buffer {
    return this.sealed({ format: FORMAT, backup, error }, resultName(id));
  }

  /** @returns undefined for what this application has not written */
  readResult(json: unknown, id: string): UploadResult | undefined {
    if (!this.isOwn(json, resultName(id))) return undefined;
    const { backup, error } = json as UploadResult;
    return { backup, error };
  }

  /** Name for a new piece. */
  pieceName(id: string, offset: number): string {
    return pieceName(id, offset, this.markOf);
  }

  /** Whether this application has named a piece so. */
  isOwnPiece(name: string): boolean {
    return isMarked(name, this.markOf);
  }

  private readonly markOf = (name: string): string =>
    createHmac('sha256', this.pieceKey).update(name).digest('hex').slice(0, MARK_DIGITS);

  private sealed(content: object, object: string): Buffer {
    return Buffer.from(`${JSON.stringify(this.seal.add(content, object), null, 2)}\n`);
  }

  private isOwn(json: unknown, object: string): boolean {
    return this.seal.originOf(json, object) === 'own' && (json as { format?: unknown }).format === FORMAT;
  }
}

/** Of a user as the option `identifyUser` names them. */
export function ownerOf(id: string, user: string | null): string {
  return createHash('sha256')
    .update(JSON.stringify([id, user]))
    .digest('hex');
}
