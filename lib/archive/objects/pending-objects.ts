import { text } from 'node:stream/consumers';
import { BackupError } from '../../backup.errors.js';
import type { StoreDirectory } from '../data-directory.js';
import { parseJournal } from '../staging/journal-text.js';
import { KeptList } from '../staging/kept-list.js';
import { damagedStaging, hasCode, stagingFailed, unfinished } from '../staging/staging-errors.js';
import { isRestoreId } from '../staging/staging-layout.js';
import { atATime } from './few-requests.js';
import { JOURNAL, objectLayout, type ObjectLayout, placeOf, STAGING } from './object-layout.js';
import { deleteOldObjects, putObjectsInPlace } from './put-objects-in-place.js';

/** A restore that was cut off after it was sealed, and the stores in which it is not finished. */
export interface PendingObjects {
  readonly id: string;
  readonly directories: readonly StoreDirectory[];
}

/**
 * The restores that were cut off, by the stores' journals: one request each.
 * @throws BackupError naming a journal that is damaged or of another version; `DIRECTORY_UNREADABLE`
 */
export async function pendingObjects(directories: readonly StoreDirectory[]): Promise<PendingObjects[]> {
  const found = new Map<string, StoreDirectory[]>();
  for (const directory of directories) {
    const id = await readJournal(directory);
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), directory]);
  }
  return [...found].map(([id, own]) => ({ id, directories: own }));
}

/**
 * Brings a restore to its end that was cut off: forward when the database has committed it, else back.
 * @param forget removes the database's mark, as in `RestoreTarget.discardOld`
 */
export async function finishObjects(
  { id, directories }: PendingObjects,
  committed: boolean,
  forget: () => Promise<void>,
): Promise<KeptList> {
  const kept = new KeptList();
  const layout = objectLayout(id);
  const each = async (step: (directory: StoreDirectory, layout: ObjectLayout, kept: KeptList) => Promise<void>) => {
    for (const directory of directories) {
      try {
        await step(directory, layout, kept);
      } catch (error) {
        throw unfinished({ name: directory.name, path: directory.store.location }, error);
      }
    }
  };
  for (const step of committed ? [putObjectsInPlace, deleteOldObjects] : [refuseBegun]) await each(step);
  await forget();
  await each(removeStaging);
  return kept;
}

/**
 * Removes what restores have left that were killed before they were sealed. Only under the backup lock, and when there is
 * no journal, by `pendingObjects`.
 */
export async function clearObjects(directories: readonly StoreDirectory[]): Promise<void> {
  for (const directory of directories) {
    try {
      await removeStaging(directory);
    } catch (error) {
      throw stagingFailed(directory, '', error);
    }
  }
}

/** Removes what one restore has staged and not sealed; a journal stays, and what it speaks of is looked after. */
export async function removeStaged(directories: readonly StoreDirectory[], id: string): Promise<void> {
  for (const { store } of directories) {
    await atATime(store.list(objectLayout(id).work), ({ path }) => store.delete(path));
  }
}

/** Removes all that is the library's, the journal last: as long as it is there, what it speaks of is looked after. */
export async function removeStaging({ store }: StoreDirectory): Promise<void> {
  let hasJournal = false;
  await atATime(store.list(STAGING), async ({ path }) => {
    hasJournal ||= path === JOURNAL;
    if (path === JOURNAL) return;
    const [id] = path.slice(STAGING.length).split('/');
    if (!isRestoreId(id) && path !== STAGING) throw damagedStaging(placeOf(store, path), 'is not of this library');
    await store.delete(path);
  });
  if (hasJournal) await store.delete(JOURNAL);
}

async function readJournal({ name, store }: StoreDirectory): Promise<string | undefined> {
  try {
    const { content } = await store.open(JOURNAL);
    return parseJournal(await text(content), placeOf(store, JOURNAL));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error instanceof BackupError ? error : BackupError.directoryUnreadable(name, error);
  }
}

/** Nothing but our own files was touched, so nothing but these may go; anything else would be a wrong decision. */
async function refuseBegun({ store }: StoreDirectory, { placing }: ObjectLayout): Promise<void> {
  for await (const { path } of store.list(placing)) {
    throw damagedStaging(
      placeOf(store, path),
      'says that files were being put in place, but this database does not know of it. Is it the right one?',
    );
  }
}
