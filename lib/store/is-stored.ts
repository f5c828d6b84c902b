import { listBackups, type StoredBackup } from './stored-backups.js';
import type { Seal } from './seal.js';
import type { Target } from './store-archive.js';
import type { ScheduledMoment } from './stored-manifest.js';

/** What one place has of a moment. */
export interface MomentAt {
  readonly name: string;
  /** Undefined when it has none, or cannot be listed. */
  readonly backup?: StoredBackup;
  /** Why it cannot be listed. */
  readonly error?: Error;
}

/** A backup is begun after its moment; the clocks of replicas differ less than this, in milliseconds. */
const CLOCKS_DIFFER = 86_400_000;

/**
 * The backup of a moment in each of the places, in their order. Where there is a key, one that somebody else has put there
 * does not keep a backup from being made.
 */
export function findMoment(
  { schedule, moment }: ScheduledMoment,
  targets: readonly Target[],
  seal: Seal | null = null,
): Promise<MomentAt[]> {
  const since = new Date(new Date(moment).getTime() - CLOCKS_DIFFER);
  const isOfIt = ({ origin, manifest }: StoredBackup) =>
    (origin === 'own' || origin === 'unknown') &&
    manifest?.scheduled?.schedule === schedule &&
    manifest.scheduled.moment === moment;
  return Promise.all(
    targets.map(async ({ name, destination }) => {
      try {
        return {
          name,
          backup: (await listBackups(name, destination, seal, { since, withProofs: false })).find(isOfIt),
        };
      } catch (error) {
        return { name, error: error as Error };
      }
    }),
  );
}

/**
 * Whether one of the places holds the backup of a moment. One that cannot be listed is passed over, unless all are.
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function isStored(
  scheduled: ScheduledMoment,
  targets: readonly Target[],
  seal: Seal | null,
): Promise<boolean> {
  const places = await findMoment(scheduled, targets, seal);
  const error = places[0]?.error;
  if (error && places.every((place) => place.error)) throw error;
  return places.some(({ backup }) => backup);
}
