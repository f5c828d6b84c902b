import type { StoreReport } from './store-archive.js';
import type { MomentAt } from './is-stored.js';

/** The backup of a moment at one destination. */
export interface StoredMoment {
  readonly destination: string;
  /** The backup's id. */
  readonly backup: string;
  /** `incomplete`: it lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete';
  /** Of the archive, as it is stored. */
  readonly bytes: number;
}

/**
 * Puts together what was there and what has just been made.
 * @throws BackupError `DESTINATION_FAILED` when one of the places has neither
 */
export function whereItIs(places: readonly MomentAt[], made: StoreReport | null): StoredMoment[] {
  return places.map(({ name, backup, error }): StoredMoment => {
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
