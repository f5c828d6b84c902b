import { rename, rmdir, stat } from 'node:fs/promises';
import type { PreservedPaths } from '../preserved-paths.js';
import { type Entry, ensureFolder, entriesOf, joinBytes } from './folders.js';
import { kindOf, type PlacedKind, placeInto } from './move-no-replace.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';

/** Moves something of the application's out of the way, into the restore's folder first: see fence.ts. */
export async function keepAside(layout: StagingLayout, name: Buffer, source: Buffer, kind: PlacedKind): Promise<void> {
  await ensureFolder(Buffer.from(layout.aside), layout.folderDraft, await stat(layout.top));
  await placeInto(layout.aside, name, source, kind);
}

/**
 * Puts what was kept aside where it is visible and backed up: as one top-level folder in a single step or, if that
 * exists already, into it.
 */
export async function showKept(layout: StagingLayout, kept: PreservedPaths): Promise<void> {
  if (!(await statIfThere(layout.aside))) return;
  const entries: Entry[] = [];
  for await (const entry of entriesOf(layout.aside)) entries.push(entry);
  if (!(await statIfThere(layout.kept))) {
    await rename(layout.aside, layout.kept);
    for (const { name } of entries) kept.add(joinBytes(layout.kept, name));
    return;
  }
  for (const entry of entries) {
    kept.add(await placeInto(layout.kept, entry.name, joinBytes(layout.aside, entry.name), kindOf(entry)));
  }
  await rmdir(layout.aside);
}
