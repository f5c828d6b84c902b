/**
 * A restore may lose its lock while it lives: it is stopped, its connection ends, and another process finishes or undoes
 * what looks like the work of a dead one. Whoever takes over renames the restore's folder first. From then on each step of
 * the other process fails by itself, since one end of each goes through the folder's old name. Only the one call that the
 * system was executing at that moment can still happen.
 */
import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { restoreTakenOver } from '../../errors/restore-errors.js';
import type { TargetDirectory } from './staging-errors.js';
import { type StagingLayout, stagingLayout, statIfThere } from './staging-layout.js';
import { syncFolder } from '../../support/sync-path.js';
import { parseWorkName, workName } from './work-name.js';

/** Takes a restore's folder over: nobody who knows it by another name can go on. */
export async function takeOver(layout: StagingLayout): Promise<StagingLayout> {
  const { id, database } = parseWorkName(basename(layout.work))!;
  const claim = randomBytes(4).toString('hex');
  const taken = stagingLayout(layout.top, id, workName({ id, database, claim }));
  await rename(layout.work, taken.work);
  await syncFolder(layout.staging);
  return taken;
}

export async function isHeld({ work }: StagingLayout): Promise<boolean> {
  return (await statIfThere(work)) !== undefined;
}

/** @throws BackupError `RESTORE_UNFINISHED` when another process has taken the restore over */
export async function refuseTakenOver(directory: TargetDirectory, layout: StagingLayout): Promise<void> {
  if (!(await isHeld(layout))) throw restoreTakenOver(directory.name, directory.path);
}

/** Takes a step after the decision. What the step makes of a folder that is not there any more is not believed. */
export async function heldStep(
  directory: TargetDirectory,
  layout: StagingLayout,
  step: () => Promise<void>,
): Promise<void> {
  await refuseTakenOver(directory, layout);
  let failure: { readonly error: unknown } | undefined;
  try {
    await step();
  } catch (error) {
    failure = { error };
  }
  await refuseTakenOver(directory, layout);
  if (failure) throw failure.error;
}
