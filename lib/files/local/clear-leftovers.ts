import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from '../../errors/backup-error.js';
import { locked } from '../../errors/lock-errors.js';
import { type Identify, isOwn, parseWorkName } from '../restore-owner.js';
import {
  damagedStaging,
  hasCode,
  isForbidden,
  notRemoved,
  stagingFailed,
  type TargetDirectory,
} from '../staging-errors.js';
import { entriesIfThere, removeTree } from './folders.js';
import { readJournal } from './journal.js';
import {
  hasStaging,
  removeStagingFolder,
  type StagingLayout,
  stagingLayout,
  statIfThere,
  takeOver,
} from './staging-folder.js';

/**
 * Removes the folders left by restores of this database that were killed while staging, unless a journal names them. A
 * restore that is still running fails as a result, before it commits.
 * @param report receives what could not be removed and is harmless
 * @returns the directories in which a restore of another database is running or was interrupted; nothing of it is touched
 */
export async function clearLeftovers(
  directories: readonly TargetDirectory[],
  identify?: Identify,
  report: (problem: BackupError) => void = () => {},
): Promise<TargetDirectory[]> {
  const others: TargetDirectory[] = [];
  for (const directory of directories) {
    const left = (error: unknown) => report(notRemoved(directory, error));
    try {
      if (!(await hasStaging(directory.path))) continue;
      if (await clearStaging(directory.path, identify, left)) others.push(directory);
    } catch (error) {
      throw stagingFailed(directory, '', error);
    }
  }
  return others;
}

/** The directories that contain anything of a restore of another database. */
export async function withOthers(
  directories: readonly TargetDirectory[],
  identify?: Identify,
): Promise<TargetDirectory[]> {
  const others: TargetDirectory[] = [];
  for (const directory of directories) {
    const { staging } = stagingLayout(directory.path, 'leftovers');
    for await (const { name } of entriesIfThere(staging)) {
      const work = parseWorkName(name.toString());
      if (work && !(await isOwn(work.database, identify))) others.push(directory);
    }
  }
  return others;
}

/** @returns whether it contains anything of another database */
async function clearStaging(
  top: string,
  identify: Identify | undefined,
  left: (error: unknown) => void,
): Promise<boolean> {
  const { staging } = stagingLayout(top, 'leftovers');
  const journal = await readJournal(top);
  let hasOthers = journal !== undefined && !(await isOwn(journal.database, identify));
  for await (const entry of entriesIfThere(staging)) {
    const name = entry.name.toString();
    const work = parseWorkName(name);
    if (name === 'journal.json' || (work && work.id === journal?.id)) continue;
    if (work && !(await isOwn(work.database, identify))) hasOthers = true;
    else if (work) await clearWork(stagingLayout(top, work.id, name), left);
    else if (name === 'journal.json.tmp') await unlink(join(staging, name)).catch(unlessGone);
    else throw damagedStaging(join(staging, name), 'was not created by this library');
  }
  await removeStagingFolder({ staging, top });
  return hasOthers;
}

async function clearWork(layout: StagingLayout, left: (error: unknown) => void): Promise<void> {
  if (await statIfThere(layout.replaced)) return clearReplaced(layout, left);
  // Old entries are moved only while there is a journal, which is removed only after them.
  for (const path of [layout.old, layout.aside]) {
    for await (const _ of entriesIfThere(path)) throw damagedStaging(layout.work, 'has lost its journal');
  }
  const taken = await takeOver(layout).catch(unlessGone);
  if (!taken) return;
  // That restore is still running and was sealed at this very moment: only the database can decide.
  if ((await readJournal(layout.top))?.id === layout.id) throw locked();
  await removeTree(taken.work);
}

/** The process it belongs to has removed it. */
function unlessGone(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}

/** The restore is done. Replaced files that cannot be removed yet must not block anyone. */
async function clearReplaced(layout: StagingLayout, left: (error: unknown) => void): Promise<void> {
  await removeTree(layout.work).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    left(error);
  });
}
