import { Marks } from './marks.js';
import type { NamedDestination, StoreReport } from './store-archive.js';
import { listBackups, type StoredBackup } from './stored-backups.js';
import type { ScheduledRun } from './stored-manifest.js';

/** What a destination has of a scheduled run. */
export interface RunAtDestination {
  readonly name: string;
  /** Undefined when it has none, or cannot be listed. */
  readonly backup?: StoredBackup;
  /** Why it cannot be listed. */
  readonly error?: Error;
}

/** A backup starts after its scheduled time; the clocks of replicas differ by less than this, in milliseconds. */
const CLOCKS_DIFFER = 86_400_000;

/**
 * The backup of a scheduled run at each destination, in their order. If anything can show it, a backup that somebody else has
 * put there does not prevent ours from being made.
 */
export function findRun(
  { schedule, scheduledAt }: ScheduledRun,
  targets: readonly NamedDestination[],
  marks = Marks.NONE,
): Promise<RunAtDestination[]> {
  const since = new Date(new Date(scheduledAt).getTime() - CLOCKS_DIFFER);
  const isOfIt = ({ origin, manifest }: StoredBackup) =>
    (origin === 'own' || origin === 'unknown') &&
    manifest?.scheduled?.schedule === schedule &&
    manifest.scheduled.scheduledAt === scheduledAt;
  return Promise.all(
    targets.map(async ({ name, destination }) => {
      try {
        return {
          name,
          backup: (await listBackups(name, destination, marks, { since, withRestoreTests: false })).find(isOfIt),
        };
      } catch (error) {
        return { name, error: error as Error };
      }
    }),
  );
}

/**
 * Whether a destination holds the backup of a scheduled run. Destinations that cannot be listed are skipped, unless
 * none can.
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function isStored(
  scheduled: ScheduledRun,
  targets: readonly NamedDestination[],
  marks: Marks,
): Promise<boolean> {
  const places = await findRun(scheduled, targets, marks);
  const error = places[0]?.error;
  if (error && places.every((place) => place.error)) throw error;
  return places.some(({ backup }) => backup);
}

/** The backup of a scheduled run at one destination. */
export interface StoredRun {
  readonly destination: string;
  /** The backup's id. */
  readonly backup: string;
  /** `incomplete`: it lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete';
  /** Size of the archive as stored. */
  readonly bytes: number;
}

/**
 * Combines what existed and what has just been made.
 * @throws BackupError `DESTINATION_FAILED` when one of the places has neither
 */
export function storedRuns(places: readonly RunAtDestination[], made: StoreReport | null): StoredRun[] {
  return places.map(({ name, backup, error }): StoredRun => {
    if (error) throw error;
    if (backup?.manifest) {
      const result = backup.manifest.complete ? 'success' : 'incomplete';
      return { destination: name, backup: backup.id, result, bytes: backup.bytes };
    }
    const stored = made!.destinations.find(({ destination }) => destination === name)!;
    if (stored.error) throw stored.error;
    return {
      destination: name,
      backup: made!.id,
      result: stored.result === 'incomplete' ? 'incomplete' : 'success',
      bytes: stored.bytes,
    };
  });
}
