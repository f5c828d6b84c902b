import type { BackupDestination, StoredObject } from '../destinations/backup-destination.js';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { explain } from '../errors/explain.js';
import { laterOf } from '../support/later-of.js';
import { Marks } from './marks.js';
import { lastRestoreTest, type RestoreTestObject } from './restore-tests.js';
import type { Origin } from './seal.js';
import {
  isUnread,
  isUploaded,
  ofSize,
  parseStoredManifest,
  readBeside,
  type StoredManifest,
} from './stored-manifest.js';
import { ENCRYPTED_ENDINGS, manifestName, parseStoredName, type StoredName } from './stored-names.js';

/** A backup as a destination holds it. */
export interface StoredBackup {
  /** The destination's name. */
  readonly destination: string;
  readonly id: string;
  readonly createdAt: Date;
  readonly encrypted: boolean;
  /** Name of the archive's object, which distinguishes backups. */
  readonly archive: string;
  /** Size of the archive as stored; 0 when it is missing. */
  readonly bytes: number;
  /** `incomplete`: it lacks a file that should be in it. `failed`: it is not complete, or still being written. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /**
   * Who vouches for it. `own`: this application. `other`: another application, or another database, with the same key.
   * `foreign`: somebody whose key is not known here. `unsealed`: nobody, it has no seal. `unsigned`: nobody who is
   * trusted, where `trustedSigners` are. `unknown`: there is no key here.
   * `uploaded`: somebody with the backup key has uploaded it, so it counts for no rule of retention, and is never the
   * latest.
   */
  readonly origin: Origin;
  /** Why it failed, for people. */
  readonly problem: string | null;
  /** Only its manifest exists: its archive was deleted. */
  readonly isOrphan: boolean;
  /** Null when it failed. */
  readonly manifest: StoredManifest | null;
  /** Until when the destination itself refuses to delete one of its objects; null when it does not. */
  readonly lockedUntil: Date | null;
  /** When it last passed a restore test; null when it never did, or nothing vouches for it. */
  readonly testedAt: Date | null;
  /** Names of the objects that record it. */
  readonly restoreTests: readonly string[];
  /**
   * Its manifest or one of its restore tests could not be read this time, so nothing is concluded from what is missing
   * here.
   */
  readonly isUnread: boolean;
  /**
   * Whether it is encrypted with the `encryptionKey` of the application, or to one of its `recipients`. Null when that
   * is not known, it is not encrypted, or the application has neither.
   */
  readonly isKeyConfigured: boolean | null;
}

interface Found extends StoredName {
  lockedUntil: Date | null;
  archiveObject?: StoredObject;
  manifestObject?: StoredObject;
  readonly restoreTests: RestoreTestObject[];
}

const DECRYPTED =
  'it is not a backup but a decrypted copy of one: it is stored here unencrypted, and nothing removes it';

/** Manifests read concurrently. */
const AT_ONCE = 8;

/** What to read of a destination; everything by default. Nothing else is read. */
export interface Wanted {
  /** Only backups that started at or after this time. */
  readonly since?: Date;
  readonly id?: string;
  /** False when restore tests are not needed: then none are reported. */
  readonly withRestoreTests?: boolean;
}

/**
 * The backups of a destination, newest first; unrelated objects are skipped. Each is identified by the full name of its
 * archive, so nothing that others put beside it affects it.
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function listBackups(
  name: string,
  destination: BackupDestination,
  marks = Marks.NONE,
  { since, id, withRestoreTests = true }: Wanted = {},
): Promise<StoredBackup[]> {
  const all = await findBackups(name, destination);
  const found = [...all.values()]
    .filter((one) => (since === undefined || one.createdAt >= since) && (id === undefined || one.id === id))
    .map((one) => (withRestoreTests ? one : { ...one, restoreTests: [] }));
  const backups: StoredBackup[] = [];
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE).map((one) => describe(name, destination, one, marks, isCopy(one, all)));
    backups.push(...(await Promise.all(some)));
  }
  return backups.toSorted(newerFirst);
}

async function findBackups(name: string, destination: BackupDestination): Promise<Map<string, Found>> {
  const backups = new Map<string, Found>();
  try {
    for await (const object of destination.list()) {
      const stored = parseStoredName(object.name);
      if (!stored) continue;
      const { part, testedAt, ...known } = stored;
      const found = backups.get(stored.archive) ?? { ...known, restoreTests: [], lockedUntil: null };
      backups.set(stored.archive, found);
      if (object.lockedUntil) found.lockedUntil = laterOf(found.lockedUntil, object.lockedUntil);
      if (part === 'archive') found.archiveObject = object;
      else if (part === 'manifest') found.manifestObject = object;
      else found.restoreTests.push({ name: object.name, at: testedAt!, problem: object.problem });
    }
  } catch (cause) {
    throw destinationFailed(`"${name}" could not be listed`, cause);
  }
  return backups;
}

export function newerFirst(one: StoredBackup, other: StoredBackup): number {
  return (
    other.createdAt.getTime() - one.createdAt.getTime() ||
    (one.id === other.id ? 0 : one.id < other.id ? -1 : 1) ||
    (one.archive < other.archive ? -1 : 1)
  );
}

/** Whether somebody has decrypted an archive in place. */
function isCopy({ archive, encrypted, manifestObject }: Found, all: ReadonlyMap<string, Found>): boolean {
  return (
    !encrypted &&
    !manifestObject &&
    ENCRYPTED_ENDINGS.some((ending) => all.get(`${archive}${ending}`)?.archiveObject !== undefined)
  );
}

async function describe(
  name: string,
  destination: BackupDestination,
  found: Found,
  marks: Marks,
  isDecrypted: boolean,
): Promise<StoredBackup> {
  const { id, createdAt, encrypted, archive, archiveObject, manifestObject, restoreTests, lockedUntil } = found;
  const common = {
    destination: name,
    id,
    createdAt,
    encrypted,
    archive,
    bytes: archiveObject?.bytes ?? 0,
    isOrphan: archiveObject === undefined,
    lockedUntil,
    ...(await lastRestoreTest(destination, restoreTests, marks)),
    restoreTests: restoreTests.map((test) => test.name),
    isKeyConfigured: null,
  };
  const beside = manifestName(archive);
  let origin: Origin = marks.originOf(undefined, beside);
  const failed = (problem: string): StoredBackup => ({ ...common, origin, result: 'failed', problem, manifest: null });
  if (!manifestObject) {
    if (!archiveObject) return failed('its archive is missing');
    return failed(isDecrypted ? DECRYPTED : 'it has no manifest: it is still being written, or was interrupted');
  }
  try {
    const json = await readBeside(destination, beside, manifestObject.problem);
    origin = marks.originOf(json, beside);
    if ((origin === 'own' || origin === 'unknown') && isUploaded(json)) origin = 'uploaded';
    if (!archiveObject) return failed('its archive is missing');
    if (archiveObject.problem) return failed(`its archive cannot be opened: ${archiveObject.problem}`);
    const manifest = ofSize(parseStoredManifest(json), archiveObject.bytes);
    if (manifest.id !== id || manifest.encrypted !== encrypted) return failed('its manifest belongs to another backup');
    if (manifest.bytes !== archiveObject.bytes) {
      return failed(`its archive has ${archiveObject.bytes} bytes instead of ${manifest.bytes}`);
    }
    // The name has the time to the second only.
    const exactly = { ...common, origin, createdAt: new Date(manifest.createdAt) };
    return { ...exactly, result: manifest.complete ? 'success' : 'incomplete', problem: null, manifest };
  } catch (error) {
    const why = isUnread(error) ? (error as BackupError).cause : error;
    const unread = failed(`its manifest could not be read (${explain(why)})`);
    return { ...unread, isUnread: common.isUnread || isUnread(error) };
  }
}
