import { type DataDirectory, isLocal, isStore } from './data-directory.js';
import { clearLeftovers } from './local/clear-leftovers.js';
import { type PendingRestore, pendingRestores } from './local/journal.js';
import { finishPending, isInPlace, type Report } from './local/pending-restores.js';
import { type Identify, isOwn } from './restore-owner.js';
import { clearObjects, finishObjects, type PendingObjects, pendingObjects } from './store/pending-objects.js';

export type { Identify, Report };

/** A restore interrupted after it was sealed, in some or all of its data directories. */
export interface Pending {
  readonly id: string;
  readonly local: PendingRestore;
  readonly stored: PendingObjects;
}

/**
 * The interrupted restores of this database. Costs one `lstat` for each local directory without any, and one
 * request for each store.
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

/** How an interrupted restore ended, and what of the application's own was kept beside the new files. */
export interface Ending {
  readonly outcome: 'finished' | 'undone';
  readonly kept: readonly string[];
}

/**
 * Completes an interrupted restore.
 * @param forget removes the database's mark once nothing old is left
 * @param report receives what could not be removed although everything is in place
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
  // The mark stays for what is left to do in the local directories.
  objects ??= await finishObjects(stored, committed, async () => {});
  return { outcome, kept: [...files.paths, ...objects.paths] };
}

/** A data directory as named in a message. */
export interface Place {
  readonly name: string;
  readonly place: string;
}

/**
 * Removes what was left by restores of this database that were killed while staging. Only under the backup lock.
 * @param report receives what could not be removed and is harmless
 * @returns the directories in which a restore of another database is running or was interrupted
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
