import type { BackupDestination } from '../destinations/backup-destination.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { JsonFields, parsePlainJson } from '../manifest/json-fields.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { Marks } from './marks.js';

const FORMAT = 'nestjs-backup-stored/1';
const MOST_BYTES = 65_536;
const KEY_ID = /^[0-9a-f]{16}$/;

/** A run of a schedule. One backup is made for it, by whichever process. */
export interface ScheduledRun {
  /** The schedule's name. */
  readonly schedule: string;
  /** UTC, ISO 8601. */
  readonly scheduledAt: string;
}

/** The schedule name used for a queue job that no schedule made. */
export function scheduleOfJob(id: string): string {
  return `job-${id}`;
}

/** Marks what a restore from the page was about to replace; the space makes it a name that no schedule has. */
export const RESTORE_POINT = 'restore point';

/**
 * What is stored unencrypted beside an archive, encrypted or not: enough to list backups and to prune them. It names no
 * table, no file and no user.
 */
export interface StoredManifest {
  readonly id: string;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly appVersion: string;
  readonly encrypted: boolean;
  /** False when a file that should be in the archive was skipped. */
  readonly complete: boolean;
  /** True when its rows were changed by `transformRow`; otherwise absent. */
  readonly redacted?: boolean;
  /** The scheduled run for which it was made; absent when there was none. */
  readonly scheduled?: ScheduledRun;
  /**
   * Key ids of the AES key or the recipients that it is encrypted with; absent for an unencrypted one, and where they are
   * not known.
   */
  readonly keyIds?: readonly string[];
  /** While the archive is being re-wrapped: what holds afterwards. Either size is right then. */
  readonly rewrapping?: Pick<StoredManifest, 'bytes' | 'keyIds'>;
  /**
   * Present when the archive was uploaded. `verified`: everything was read and is as its manifest says. `unverified`: it
   * could not be opened without its key, so only its form is known, and the counts are 0.
   */
  readonly uploaded?: 'verified' | 'unverified';
  /** Size of the archive as stored. */
  readonly bytes: number;
  readonly tables: number;
  readonly rows: number;
  readonly files: number;
}

export function summarize(
  manifest: BackupManifest,
  { encrypted, bytes, scheduled, keyIds = [] }: Pick<StoredManifest, 'encrypted' | 'bytes' | 'scheduled' | 'keyIds'>,
): StoredManifest {
  const { id, createdAt, finishedAt, appVersion, complete, redacted, tables } = manifest;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const files = Object.values(manifest.files).reduce((sum, directory) => sum + directory.count, 0);
  const counts = { bytes, tables: tables.length, rows, files };
  const marks = {
    ...(redacted && { redacted }),
    ...(scheduled && { scheduled }),
    ...(keyIds.length > 0 && { keyIds }),
  };
  return { id, createdAt, finishedAt, appVersion, encrypted, complete, ...marks, ...counts };
}

/**
 * @param object name of the object it is written to, which it is marked for; without marks anybody could have written it
 * @throws BackupError `SIGNING_FAILED`
 */
export async function writeStoredManifest(manifest: StoredManifest, object = '', marks = Marks.NONE): Promise<Buffer> {
  return Buffer.from(`${JSON.stringify(await marks.add({ format: FORMAT, ...manifest }, object), null, 2)}\n`);
}

/**
 * Reads JSON stored beside an archive.
 * @param problem why it cannot be opened, if the list says so
 * @throws BackupError `ARCHIVE_INVALID` when it is not JSON; `DESTINATION_FAILED` when that is unknown because it was
 *   not read
 */
export async function readBeside(destination: BackupDestination, object: string, problem?: string): Promise<unknown> {
  if (problem !== undefined) throw destinationFailed(`${object} could not be read`, new Error(problem));
  const text = await textOf(destination, object).catch((cause: unknown) => {
    throw destinationFailed(`${object} could not be read`, cause);
  });
  if (text === null) throw archiveInvalid('its manifest is too large');
  return parsePlainJson(text, 'its manifest');
}

/** Null when it is longer than anything ever written there. */
async function textOf(destination: BackupDestination, object: string): Promise<string | null> {
  const source = await destination.open(object);
  try {
    return source.size > MOST_BYTES ? null : (await source.read(0, source.size)).toString('utf8');
  } finally {
    await source.close();
  }
}

/** Whether an object was not read, so that its content is unknown; a later attempt may succeed. */
export function isUnread(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'DESTINATION_FAILED';
}

function parseScheduled(fields: JsonFields): ScheduledRun {
  const scheduled = fields.fieldsOf('scheduled');
  return { schedule: scheduled.text('schedule'), scheduledAt: scheduled.time('scheduledAt') };
}

function parseKeyIds(fields: JsonFields): Pick<StoredManifest, 'keyIds'> {
  if (!fields.has('keyIds')) return {};
  const keyIds = fields.texts('keyIds');
  if (!keyIds.every((id) => KEY_ID.test(id))) throw fields.wrong('keyIds', 'a list of key ids');
  return { keyIds };
}

function parseRewrapping(fields: JsonFields): StoredManifest['rewrapping'] {
  return { bytes: fields.count('bytes'), ...parseKeyIds(fields) };
}

/**
 * What a summary says of an archive that has this size. One that is being re-wrapped, or was when that ended halfway, is
 * the former or the new one; if both have one size, it is not known which keys open it.
 */
export function ofSize({ rewrapping, ...manifest }: StoredManifest, bytes: number): StoredManifest {
  if (!rewrapping || (bytes !== manifest.bytes && bytes !== rewrapping.bytes)) return manifest;
  const { keyIds: _, ...others } = manifest;
  if (manifest.bytes === rewrapping.bytes) return others;
  return bytes === manifest.bytes ? manifest : { ...others, ...rewrapping };
}

/** Whether it says so; who vouches for that is for the seal to say. @param json as `readBeside` returns it */
export function isUploaded(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'uploaded' in json;
}

function parseUploaded(fields: JsonFields): 'verified' | 'unverified' {
  return fields.text('uploaded') === 'verified' ? 'verified' : 'unverified';
}

/**
 * Fields that this version does not know are dropped.
 * @throws BackupError `ARCHIVE_INVALID`, naming the field
 */
export function parseStoredManifest(json: unknown): StoredManifest {
  const fields = JsonFields.of(json, 'manifest');
  if (fields.text('format') !== FORMAT) throw fields.wrong('format', FORMAT);
  return {
    id: fields.text('id'),
    createdAt: fields.time('createdAt'),
    finishedAt: fields.time('finishedAt'),
    appVersion: fields.text('appVersion'),
    encrypted: fields.boolean('encrypted'),
    complete: fields.boolean('complete'),
    ...(fields.has('redacted') && { redacted: fields.boolean('redacted') }),
    ...(fields.has('scheduled') && { scheduled: parseScheduled(fields) }),
    ...parseKeyIds(fields),
    ...(fields.has('rewrapping') && { rewrapping: parseRewrapping(fields.fieldsOf('rewrapping')) }),
    ...(fields.has('uploaded') && { uploaded: parseUploaded(fields) }),
    bytes: fields.count('bytes'),
    tables: fields.count('tables'),
    rows: fields.count('rows'),
    files: fields.count('files'),
  };
}
