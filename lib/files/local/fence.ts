/**
 * A restore may lose its lock and live on: it is suspended, its connection ends, and another process finishes or undoes
 * what looks like the work of a dead process. The process that takes over renames the restore's folder first. From then
 * on every step of the old process fails by itself, because each has one end under the folder's old name. Only the one
 * system call that was executing at that moment can still happen.
 */
import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { restoreTakenOver } from '../../errors/restore-errors.js';
import { syncFolder } from '../../support/sync-path.js';
import type { TargetDirectory } from '../staging-errors.js';
import { parseWorkName, workName } from '../work-name.js';
import { type StagingLayout, stagingLayout, statIfThere } from './staging-layout.js';

/** Takes over a restore's folder: a process that knows it by its old name cannot continue. */
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

/** Runs a step after the decision. If the folder is gone by then, the outcome of the step is not trusted. */
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
