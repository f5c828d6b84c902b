import { BackupError } from '../backup.errors.js';
import type { ByteSource } from '../byte-source.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { findBackup, listBackups, type StoredBackup } from './catalog.js';
import type { Target } from './store-archive.js';
import { scheduleOfJob } from './stored-manifest.js';

/** A backup in a destination. */
export interface StoredReference {
  readonly destination: string;
  /**
   * The backup's id, or that of the job of a queue that made it, or `latest`: the newest that was stored completely and is
   * not redacted; else the newest redacted one.
   */
  readonly id: string;
}

/** @throws BackupError `WRONG_USAGE` */
export function findTarget(destinations: ReadonlyMap<string, BackupDestination>, name: string): Target {
  const destination = destinations.get(name);
  if (destination) return { name, destination };
  const known = [...destinations.keys()].map((one) => `"${one}"`).join(', ') || 'none';
  throw BackupError.wrongUsage(`there is no destination "${name}"`, `Destinations of this application: ${known}.`);
}

/**
 * The archive of a stored backup, and which one it is.
 * @throws BackupError `WRONG_USAGE` when there is no such destination, `ARCHIVE_INVALID` when it has no such backup, or
 *   not all of it; `DESTINATION_FAILED`
 */
export async function openStored(
  destinations: ReadonlyMap<string, BackupDestination>,
  { destination: name, id }: StoredReference,
): Promise<{ id: string; source: ByteSource }> {
  const target = findTarget(destinations, name);
  const backup = await (id === 'latest' ? latestOf(target) : byId(target, id));
  if (!backup) throw BackupError.archiveInvalid(`"${name}" has no backup ${JSON.stringify(id)}`);
  if (backup.problem !== null) throw BackupError.archiveInvalid(`${backup.id} in "${name}": ${backup.problem}`);
  try {
    return { id: backup.id, source: await target.destination.open(backup.archive) };
  } catch (cause) {
    throw BackupError.destinationFailed(`"${name}" does not open ${backup.archive}`, cause);
  }
}

async function byId({ name, destination }: Target, id: string): Promise<StoredBackup | undefined> {
  const backup = await findBackup(name, destination, id);
  if (backup) return backup;
  const ofJob = (await listBackups(name, destination)).filter(
    (one) => one.manifest?.scheduled?.schedule === scheduleOfJob(id),
  );
  return ofJob[0];
}

/** What `latest` means: undefined when there is none. */
export async function latestOf({ name, destination }: Target): Promise<StoredBackup | undefined> {
  const whole = (await listBackups(name, destination)).filter(({ result }) => result !== 'failed');
  return whole.find(({ manifest }) => !manifest?.redacted) ?? whole[0];
}
