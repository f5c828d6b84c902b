import { text } from 'node:stream/consumers';
import { directoryUnreadable } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { locked } from '../../errors/lock-errors.js';
import { forEachConcurrent } from '../concurrency.js';
import type { StoreDirectory } from '../data-directory.js';
import {
  byRestore,
  type CutOff,
  type Identify,
  isOwn,
  type Journal,
  parseJournal,
  parseWorkName,
} from '../restore-owner.js';
import { PreservedPaths } from '../restore-target.js';
import { damagedStaging, hasCode, stagingFailed, unfinished } from '../staging-errors.js';
import { Claim } from './claim.js';
import { JOURNAL, type ObjectLayout, objectLayout, placeOf, STAGING } from './object-layout.js';
import { deleteOldObjects, type HeldObjects, putObjectsInPlace } from './swap.js';

export type PendingObjects = CutOff<StoreDirectory>;

/**
 * The interrupted restores, according to the stores' journals; costs one request each.
 * @throws BackupError naming a journal that is damaged or of another version; `DIRECTORY_UNREADABLE`
 */
export function pendingObjects(directories: readonly StoreDirectory[]): Promise<PendingObjects[]> {
  return byRestore(directories, readJournal);
}

/**
 * Completes an interrupted restore: forward if the database has committed it, otherwise back. The process that
 * started it may still be alive, so what it holds is taken over first.
 * @param forget removes the database's mark, as in `RestoreTarget.discardOld`
 */
export async function finishObjects(
  { id, database, directories }: PendingObjects,
  committed: boolean,
  forget: () => Promise<void>,
): Promise<PreservedPaths> {
  const kept = new PreservedPaths();
  const layout = objectLayout(id, database);
  const held: HeldObjects[] = [];
  if (!committed) await orUnfinished(directories, (directory) => refuseBegun(directory, layout));
  await orUnfinished(directories, async (directory) => {
    held.push({ directory, layout, claim: await Claim.take(directory, layout) });
  });
  for (const step of committed ? [putObjectsInPlace, deleteOldObjects] : []) {
    await orUnfinished(held, (one) => step(one, kept));
  }
  await orUnfinished(held, ({ claim }) => claim.read());
  await forget();
  await orUnfinished(directories, (directory) => removeStaged(directory, layout));
  return kept;
}

/**
 * Removes what was left by restores of this database that were killed before they were sealed. Only under the backup
 * lock.
 * @returns the stores in which a restore of another database is running or was interrupted; nothing of it is touched
 */
export async function clearObjects(
  directories: readonly StoreDirectory[],
  identify?: Identify,
): Promise<StoreDirectory[]> {
  const others: StoreDirectory[] = [];
  await orNotStaged(directories, async (directory) => {
    if (await clearStore(directory, identify)) others.push(directory);
  });
  return others;
}

/**
 * Removes what one restore has staged and not sealed; a journal stays, so that recovery takes care of the restore it
 * names.
 */
export async function removeUnsealed(directories: readonly StoreDirectory[], id: string): Promise<void> {
  for (const { store } of directories) {
    await forEachConcurrent(store.list(STAGING + id), async ({ path }) => {
      if (parseWorkName(path.slice(STAGING.length).split('/')[0]!)?.id === id) await store.delete(path);
    });
  }
}

/** The stores that contain anything of a restore of another database. */
export async function withOtherObjects(
  directories: readonly StoreDirectory[],
  identify?: Identify,
): Promise<StoreDirectory[]> {
  const others: StoreDirectory[] = [];
  await orNotStaged(directories, async (directory) => {
    for await (const { path } of directory.store.list(STAGING)) {
      const work = parseWorkName(path.slice(STAGING.length).split('/')[0]!);
      if (!work || (await isOwn(work.database, identify))) continue;
      others.push(directory);
      break;
    }
  });
  return others;
}

/** Removes everything of one restore. The journal is deleted last, so that an interrupted clean-up is resumed. */
export async function removeStaged(directory: StoreDirectory, { id, work, claim }: ObjectLayout): Promise<void> {
  const { store } = directory;
  await forEachConcurrent(store.list(work), async ({ path }) => {
    if (path !== claim) await store.delete(path);
  });
  await store.delete(claim);
  if ((await readJournal(directory))?.id === id) await store.delete(JOURNAL);
}

/** @returns whether it contains anything of another database */
async function clearStore(directory: StoreDirectory, identify?: Identify): Promise<boolean> {
  const { store } = directory;
  const own = new Map<string, ObjectLayout>();
  let hasOthers = false;
  for await (const { path } of store.list(STAGING)) {
    if (path === JOURNAL || path === STAGING) continue;
    const work = parseWorkName(path.slice(STAGING.length).split('/')[0]!);
    if (!work) throw damagedStaging(placeOf(store, path), 'was not created by this library');
    if (await isOwn(work.database, identify)) own.set(work.id, objectLayout(work.id, work.database));
    else hasOthers = true;
  }
  for (const layout of own.values()) {
    // A live process that seals after this finds its claim gone; one that has sealed already is decided by the
    // database.
    await store.delete(layout.claim);
    if ((await readJournal(directory))?.id === layout.id) throw locked();
    await removeStaged(directory, layout);
  }
  return hasOthers;
}

async function readJournal({ name, store }: StoreDirectory): Promise<Journal | undefined> {
  try {
    const { content } = await store.open(JOURNAL);
    return parseJournal(await text(content), placeOf(store, JOURNAL));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error instanceof BackupError ? error : directoryUnreadable(name, error);
  }
}

/** Only our own files were touched, so only those may be removed; anything else would be a wrong decision. */
async function refuseBegun({ store }: StoreDirectory, { placing }: ObjectLayout): Promise<void> {
  for await (const { path } of store.list(placing)) {
    throw damagedStaging(
      placeOf(store, path),
      'says that files were being put in place, but this database has no record of it. Is it the right database?',
    );
  }
}

/** Runs a step before the decision in each store, one after the other. */
export function orNotStaged(
  directories: readonly StoreDirectory[],
  step: (directory: StoreDirectory) => Promise<void>,
): Promise<void> {
  return inEach(directories, step, (directory, error) => stagingFailed(directory, '', error));
}

/** The same after the decision. */
export function orUnfinished<Item extends StoreDirectory | HeldObjects>(
  items: readonly Item[],
  step: (item: Item) => Promise<void>,
): Promise<void> {
  return inEach(items, step, (item, error) => {
    const { name, store } = 'directory' in item ? item.directory : item;
    return unfinished({ name, path: store.location }, error);
  });
}

async function inEach<Item>(
  items: readonly Item[],
  step: (item: Item) => Promise<void>,
  failure: (item: Item, error: unknown) => BackupError,
): Promise<void> {
  for (const item of items) {
    try {
      await step(item);
    } catch (error) {
      throw failure(item, error);
    }
  }
}
