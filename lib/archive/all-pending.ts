import { type DataDirectory, isLocal, isStore } from './data-directory.js';
import { clearObjects, finishObjects, type PendingObjects, pendingObjects } from './objects/pending-objects.js';
import { clearLeftovers, finishPending, type PendingRestore, pendingRestores } from './staging/pending-restores.js';

/** A restore that was cut off after it was sealed, in some or all of its data directories. */
export interface Pending {
  readonly id: string;
  readonly local: PendingRestore;
  readonly stored: PendingObjects;
}

/**
 * The restores that were cut off: one `lstat` for each local directory where there is none, one request for each store.
 * @throws BackupError as `pendingRestores` and `pendingObjects`
 */
export async function allPending(directories: readonly DataDirectory[]): Promise<Pending[]> {
  const local = await pendingRestores(directories.filter(isLocal));
  const stored = await pendingObjects(directories.filter(isStore));
  const ids = new Set([...local, ...stored].map(({ id }) => id));
  return [...ids].map((id) => ({
    id,
    local: local.find((one) => one.id === id) ?? { id, directories: [] },
    stored: stored.find((one) => one.id === id) ?? { id, directories: [] },
  }));
}

/** Brings a restore to its end that was cut off. @param forget removes the database's mark, when nothing old is left */
export async function finishAll({ local, stored }: Pending, committed: boolean, forget: () => Promise<void>) {
  await finishPending(local, committed, async () => void (await finishObjects(stored, committed, forget)));
}

/** Removes what restores have left that were killed while staging. Only under the backup lock. */
export async function clearAll(directories: readonly DataDirectory[]): Promise<void> {
  await clearLeftovers(directories.filter(isLocal));
  await clearObjects(directories.filter(isStore));
}
