import { PassThrough, type Readable } from 'node:stream';
import { describeBackup } from '../backup/backup-name.js';
import type { Encryption } from '../crypto/archive-key.js';
import { distribute } from '../destinations/distribute.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { alreadyStored } from '../errors/upload-errors.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { Marks } from './marks.js';
import { type NamedDestination, storeAt } from './store-archive.js';
import { listBackups } from './stored-backups.js';
import { type StoredManifest, summarize, writeStoredManifest } from './stored-manifest.js';
import { archiveName, manifestName, parseStoredName, type StoredName } from './stored-names.js';

/** What is stored beside an uploaded archive, except its size. */
export interface UploadedBackup {
  /** Name of the archive's object. */
  readonly archive: string;
  readonly summary: Omit<StoredManifest, 'bytes'>;
}

export interface StoreUploadedOptions {
  readonly marks: Marks;
  /** In milliseconds. */
  readonly idleTimeout: number;
  readonly signal: AbortSignal;
}

/** One that was opened, and is as its manifest says. @throws BackupError `ARCHIVE_INVALID` for an id that no backup has */
export function verifiedUpload(manifest: BackupManifest, encryption: Encryption): UploadedBackup {
  const { filename } = describeBackup(new Date(manifest.createdAt), encryption);
  const archive = archiveName(filename, manifest.id);
  if (parseStoredName(archive) === undefined) throw archiveInvalid('its manifest has an id that no backup has');
  const { bytes: _, ...summary } = summarize(manifest, { encrypted: encryption !== 'none', bytes: 0 });
  return { archive, summary: { ...summary, uploaded: 'verified' } };
}

/** One that could not be opened here: what is known of it is its name. */
export function unverifiedUpload({ archive, id, createdAt }: StoredName): UploadedBackup {
  const at = createdAt.toISOString();
  const known = { id, createdAt: at, finishedAt: at, appVersion: 'unknown', encrypted: true, complete: true };
  return { archive, summary: { ...known, uploaded: 'unverified', tables: 0, rows: 0, files: 0 } };
}

/** @throws BackupError `UPLOAD_REFUSED` when the destination has anything of this backup; `DESTINATION_FAILED` */
export async function refuseStored({ name, destination }: NamedDestination, id: string): Promise<void> {
  const found = await listBackups(name, destination, Marks.NONE, { id, withRestoreTests: false });
  if (found.length > 0) throw alreadyStored(name, id);
}

/**
 * Stores an uploaded archive as any other: the archive first, then what makes it count.
 * @throws BackupError `UPLOAD_REFUSED` when the destination has it already; `DESTINATION_FAILED`, and nothing of it is stored
 */
export async function storeUploaded(
  target: NamedDestination,
  content: Readable,
  { archive, summary }: UploadedBackup,
  { marks, idleTimeout, signal }: StoreUploadedOptions,
): Promise<void> {
  await refuseStored(target, summary.id);
  const reader = new PassThrough();
  const reading = distribute(content, [reader], idleTimeout);
  const beside = async (bytes: number) => writeStoredManifest({ ...summary, bytes }, manifestName(archive), marks);
  const storing = storeAt({ target, archive, reader, reading, summary: beside, signal });
  const [read] = await Promise.allSettled([reading, storing]);
  if (read.status === 'rejected') throw read.reason as Error;
  const attempt = await storing;
  if ('error' in attempt) throw attempt.error;
}
