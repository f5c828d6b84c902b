import { BackupError, explain } from '../backup.errors.js';
import type { BackupDestination, StoredObject } from '../destinations/backup-destination.js';
import { readStoredManifest, type StoredManifest } from './stored-manifest.js';
import { manifestName, parseStoredName, type StoredName } from './stored-names.js';

/** A backup as a destination holds it. */
export interface StoredBackup {
  /** The destination's name. */
  readonly destination: string;
  readonly id: string;
  readonly createdAt: Date;
  readonly encrypted: boolean;
  /** Name of the archive's object. */
  readonly archive: string;
  /** Of the archive, as it is stored; 0 when it is missing. */
  readonly bytes: number;
  /** `incomplete`: it lacks a file that should be in it. `failed`: it is not whole, or still being written. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Why it failed, for people. */
  readonly problem: string | null;
  /** Only its manifest is there: its archive was deleted. */
  readonly isRemains: boolean;
  /** Null when it failed. */
  readonly manifest: StoredManifest | null;
  /** Until when the destination itself refuses to delete one of its objects; null when it does not. */
  readonly lockedUntil: Date | null;
  /** When it was last restored to see whether that works; null when it never was. */
  readonly provenAt: Date | null;
  /** Names of the objects that say so. */
  readonly proofs: readonly string[];
}

interface Found extends StoredName {
  lockedUntil: Date | null;
  archiveObject?: StoredObject;
  manifestObject?: StoredObject;
  readonly proofs: Array<{ readonly name: string; readonly at: Date }>;
}

/** Manifests that are read at the same time. */
const AT_ONCE = 8;

/**
 * Every backup of a destination, newest first; objects of others are passed over.
 * @param since passes over those that were begun before, whose manifests are not even read
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function listBackups(name: string, destination: BackupDestination, since?: Date): Promise<StoredBackup[]> {
  const all = [...(await findBackups(name, destination)).values()];
  const found = since ? all.filter(({ createdAt }) => createdAt >= since) : all;
  const backups: StoredBackup[] = [];
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE).map((one) => describe(name, destination, one));
    backups.push(...(await Promise.all(some)));
  }
  return backups.toSorted(newerFirst);
}

/**
 * One backup, whose manifest alone is read; undefined when the destination has no object of it.
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function findBackup(
  name: string,
  destination: BackupDestination,
  id: string,
): Promise<StoredBackup | undefined> {
  const found = (await findBackups(name, destination)).get(id);
  return found && describe(name, destination, found);
}

async function findBackups(name: string, destination: BackupDestination): Promise<Map<string, Found>> {
  const backups = new Map<string, Found>();
  try {
    for await (const object of destination.list()) {
      const stored = parseStoredName(object.name);
      if (!stored) continue;
      const { part, provenAt, ...name } = stored;
      const found = backups.get(stored.id) ?? { ...name, proofs: [], lockedUntil: null };
      backups.set(stored.id, found);
      if (object.lockedUntil) found.lockedUntil = later(found.lockedUntil, object.lockedUntil);
      if (part === 'archive') found.archiveObject = object;
      else if (part === 'manifest') found.manifestObject = object;
      else found.proofs.push({ name: object.name, at: provenAt! });
    }
  } catch (cause) {
    throw BackupError.destinationFailed(`"${name}" cannot be listed`, cause);
  }
  return backups;
}

function newerFirst(one: StoredBackup, other: StoredBackup): number {
  return other.createdAt.getTime() - one.createdAt.getTime() || (one.id < other.id ? -1 : 1);
}

function later(one: Date | null, other: Date): Date {
  return one && one > other ? one : other;
}

async function describe(name: string, destination: BackupDestination, found: Found): Promise<StoredBackup> {
  const { id, createdAt, encrypted, archive, archiveObject, manifestObject, proofs, lockedUntil } = found;
  const common = {
    destination: name,
    id,
    createdAt,
    encrypted,
    archive,
    bytes: archiveObject?.bytes ?? 0,
    isRemains: archiveObject === undefined,
    lockedUntil,
    provenAt: proofs.map(({ at }) => at).reduce<Date | null>(later, null),
    proofs: proofs.map((proof) => proof.name),
  };
  const failed = (problem: string): StoredBackup => ({ ...common, result: 'failed', problem, manifest: null });
  if (!archiveObject) return failed('its archive is missing');
  if (!manifestObject) return failed('it has no manifest: it is still being written, or was cut off');
  try {
    const manifest = await readStoredManifest(await destination.open(manifestName(archive)));
    if (manifest.id !== id || manifest.encrypted !== encrypted) return failed('its manifest is that of another backup');
    if (manifest.bytes !== archiveObject.bytes) {
      return failed(`its archive has ${archiveObject.bytes} bytes instead of ${manifest.bytes}`);
    }
    // The name has it to the second only.
    const exactly = { ...common, createdAt: new Date(manifest.createdAt) };
    return { ...exactly, result: manifest.complete ? 'success' : 'incomplete', problem: null, manifest };
  } catch (error) {
    return failed(`its manifest cannot be read (${explain(error)})`);
  }
}
