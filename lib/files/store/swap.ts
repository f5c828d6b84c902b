import { unsafeName } from '../../archive/entry-names.js';
import { forEachConcurrent } from '../concurrency.js';
import type { StoreDirectory } from '../data-directory.js';
import type { PreservedPaths } from '../restore-target.js';
import { damagedStaging, hasCode } from '../staging-errors.js';
import type { Claim } from './claim.js';
import type { FileStore, ListedFile } from './file-store.js';
import { listFiles } from './list-files.js';
import { type Matched, mergeJoin } from './merge-join.js';
import { type ObjectLayout, ownAttributes, placeOf } from './object-layout.js';
import { hasSameContent } from './same-content.js';
import { type PlannedFile, readPlan, stateOf } from './swap-plan.js';

/** A restore in one store, held by this process. */
export interface HeldObjects {
  readonly directory: StoreDirectory;
  readonly layout: ObjectLayout;
  readonly claim: Claim;
}

/**
 * Copies a sealed store's new files to their places and removes each from staging, so this continues wherever a kill
 * has interrupted it. What the application has written at such a place since then is kept aside.
 */
export async function putObjectsInPlace(
  { directory, layout, claim }: HeldObjects,
  kept: PreservedPaths,
): Promise<void> {
  const { store } = directory;
  await claim.hold();
  const hasBegun = await isThere(store, layout.placing);
  await store.put(layout.placing, Buffer.alloc(0), ownAttributes(layout.placing));
  const there = mergeJoin(readPlan(store, layout), listFiles(directory));
  await forEachConcurrent(
    mergeJoin(listFiles(directory, layout.fresh), there),
    async ({ path, one: staged, other }) => {
      if (!staged) {
        if (other?.one?.isNew) refuseLost(directory, path, hasBegun && !isAsPlanned(other));
        return;
      }
      const from = layout.fresh + path;
      const written = other?.other && isWritten(other.one, other.other);
      await claim.hold();
      // A kill may have come between a copy and the removal of its source: then the file is not the application's.
      if (written && !(await hasSameContent(store, from, path))) {
        const aside = layout.kept + path;
        await store.copy(path, aside).then(() => kept.add(Buffer.from(placeOf(store, aside))), unlessGone);
      }
      await store.copy(from, path).catch(async (error: unknown) => {
        if (!hasCode(error, 'ENOENT') || !(await isPlaced(store, path, other?.one))) throw error;
      });
      await store.delete(from);
    },
  );
}

/** What was sealed must still be staged, or have been put in place by a process that was killed. */
function refuseLost({ store }: StoreDirectory, path: string, mayBePlaced: boolean): void {
  if (!mayBePlaced) throw damagedStaging(placeOf(store, path), 'was to be replaced by a new file, which is gone');
}

function isAsPlanned({ one, other }: Matched<PlannedFile, ListedFile>): boolean {
  return other !== undefined && !isWritten(one, other);
}

async function isThere(store: FileStore, path: string): Promise<boolean> {
  for await (const file of store.list(path)) return file.path === path;
  return false;
}

/**
 * A DELETE sent by a killed process may still take effect moments later, so the staged file may vanish after it was
 * copied.
 */
async function isPlaced(store: FileStore, path: string, planned: PlannedFile | undefined): Promise<boolean> {
  for await (const file of store.list(path)) return file.path === path && isWritten(planned, file);
  return false;
}

/**
 * Deletes what existed when the store was sealed and is not in the archive. What the application has written since then
 * stays: its row may well be in the new database. So does what no archive can hold, and what this backup lacks.
 */
export async function deleteOldObjects({ directory, layout, claim }: HeldObjects, kept: PreservedPaths): Promise<void> {
  const { name, store } = directory;
  await claim.hold();
  await forEachConcurrent(
    mergeJoin(readPlan(store, layout), listFiles(directory)),
    async ({ path, one: planned, other: now }) => {
      if (!now || planned?.isNew || planned?.isUnsaved || path.startsWith(layout.kept)) return;
      if (unsafeName(`${name}/${path.replace(/\/$/, '')}`) !== undefined) return;
      if (isWritten(planned, now)) {
        kept.add(Buffer.from(placeOf(store, path)));
      } else {
        await claim.hold();
        await store.delete(path);
      }
    },
  );
  await claim.hold();
  await store.delete(layout.placing);
}

function isWritten(planned: PlannedFile | undefined, now: ListedFile): boolean {
  return planned?.old !== stateOf(now);
}

function unlessGone(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
