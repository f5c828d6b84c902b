import { type DataDirectory, isLocal, isStore } from './data-directory.js';
import { clearObjects, finishObjects, type PendingObjects, pendingObjects } from './store/pending-objects.js';
import {
  clearLeftovers,
  finishPending,
  isInPlace,
  type PendingRestore,
  pendingRestores,
  type Report,
} from './local/pending-restores.js';
import { type Identify, isOwn } from './local/work-name.js';

export type { Identify, Report };

/** A restore that was cut off after it was sealed, in some or all of its data directories. */
export interface Pending {
  readonly id: string;
  readonly local: PendingRestore;
  readonly stored: PendingObjects;
}

/**
 * The restores of this database that were cut off: one `lstat` for each local directory where there is none, one request
 * for each store.
 * @throws BackupError as `pendingRestores` and `pendingObjects`
 */
export async function ownPending(directories: readonly DataDirectory[], identify: Identify): Promise<Pending[]> {
  const local = await pendingRestores(directories.filter(isLocal));
  const stored = await pendingObjects(directories.filter(isStore));
  const own = new Set<string>();
  for (const { id, database } of [...local, ...stored]) if (await isOwn(database, identify)) own.add(id);
  return [...own].map((id) => ({
    id,
    local: local.find((one) => one.id === id) ?? { id, directories: [] },
    stored: stored.find((one) => one.id === id) ?? { id, directories: [] },
  }));
}

/** How a restore that was cut off has ended, and what of the application's own was kept beside the new files. */
export interface Ending {
  readonly outcome: 'finished' | 'undone';
  readonly kept: readonly string[];
}

/**
 * Brings a restore to its end that was cut off.
 * @param forget removes the database's mark, when nothing old is left
 * @param report what could not be removed, though all is in place
 */
export async function finishAll(
  { local, stored }: Pending,
  committed: boolean,
  forget: () => Promise<void>,
  report: Report,
): Promise<Ending> {
  const outcome = committed || (await isInPlace(local)) ? 'finished' : 'undone';
  let objects: { readonly paths: readonly string[] } | undefined;
  const files = await finishPending(
    local,
    committed,
    async () => void (objects = await finishObjects(stored, committed, forget)),
    report,
  );
  // The mark stays for what the local directories still have to do.
  objects ??= await finishObjects(stored, committed, async () => {});
  return { outcome, kept: [...files.paths, ...objects.paths] };
}

/** A data directory as it stands in a sentence. */
export interface Place {
  readonly name: string;
  readonly place: string;
}

/**
 * Removes what restores of this database have left that were killed while staging. Only under the backup lock.
 * @param report what could not be removed, and is in nobody's way
 * @returns the directories in which a restore of another database is under way, or was cut off
 */
export async function clearAll(
  directories: readonly DataDirectory[],
  identify: Identify,
  report: Report,
): Promise<readonly Place[]> {
  const local = await clearLeftovers(directories.filter(isLocal), identify, report);
  const stored = await clearObjects(directories.filter(isStore), identify);
  return [
    ...local.map(({ name, path }) => ({ name, place: path })),
    ...stored.map(({ name, store }) => ({ name, place: store.location })),
  ];
}
