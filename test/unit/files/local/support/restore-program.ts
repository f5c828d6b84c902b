import { existsSync, writeFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { clearLeftovers } from '../../../../../lib/files/local/clear-leftovers.js';
import { pendingRestores } from '../../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { newTree, RESTORE_ID, stage } from './trees.js';

export { RESTORE_ID };

export function directoriesOf(base: string) {
  return ['one', 'two'].map((name) => ({ name, path: join(base, name) }));
}

/** What is true for good, and what the test asks: the database has committed when this file exists. */
export function isCommitted(base: string): boolean {
  return existsSync(join(base, 'committed'));
}

/** Plays the database, which forgets its mark when told to. */
const isMarked = (base: string) => existsSync(join(base, 'mark'));
const forget = async (base: string) => {
  if (isMarked(base)) await unlink(join(base, 'mark'));
};

/** A whole restore of two directories. */
export async function restore(base: string, commits: boolean, files = 0, isAlive = () => true): Promise<void> {
  const staged = new StagedDirectories(RESTORE_ID, directoriesOf(base), true);
  await staged.prepare();
  for (const { name } of directoriesOf(base)) await stage(staged, name, newTree(files));
  await staged.seal();
  if (!isAlive()) return;
  if (!commits) return staged.abandon();
  for (const name of ['committed', 'mark']) writeFileSync(join(base, name), '');
  await staged.swap();
  await staged.discardOld(() => forget(base));
}

/** What the next start does. */
export async function recover(base: string): Promise<number> {
  let kept = 0;
  for (const pending of await pendingRestores(directoriesOf(base))) {
    kept += (await finishPending(pending, isMarked(base), () => forget(base))).count;
  }
  await clearLeftovers(directoriesOf(base));
  return kept;
}
