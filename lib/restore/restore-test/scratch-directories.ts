import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { noScratch } from '../../errors/restore-test-errors.js';
import { whenInterrupted } from '../../support/when-interrupted.js';
import { type DataDirectory, isStore, type LocalDirectory } from '../../files/data-directory.js';

const REMEDY =
  'Name a directory of this machine with --scratch (in code scratch), which the files may be in for a while.';

/** Empty directories for the files of a restore test. */
export interface ScratchDirectories {
  readonly directories: readonly LocalDirectory[];
  remove(): Promise<void>;
}

/**
 * Makes one for each data directory, for this user alone; what a killed process has left of them is removed first. Only
 * for the holder of the lock `restore-test`.
 * @param within a directory of this machine; by default each lies beside its data directory, since the files belong on that
 *   disk, and for what is in a store there is none
 * @throws BackupError `RESTORE_TEST_FAILED`
 */
export async function makeScratchDirectories(
  dataDirs: readonly DataDirectory[],
  within?: string,
): Promise<ScratchDirectories> {
  const directories = dataDirs.map((directory) => ({
    name: directory.name,
    path: join(within ?? besides(directory), scratchDirectoryName(placeOf(directory))),
  }));
  const forget = whenInterrupted(() => {
    for (const { path } of directories) rmSync(path, { recursive: true, force: true });
  });
  const clear = async () => {
    for (const { path } of directories) await rm(path, { recursive: true, force: true });
  };
  const remove = () => clear().finally(forget);
  try {
    await clear();
    for (const { path } of directories) await mkdir(path, { mode: 0o700 });
    return { directories, remove };
  } catch (cause) {
    await remove().catch(() => {});
    throw noScratch('no directory could be made for the files', REMEDY, cause);
  }
}

function besides(directory: DataDirectory): string {
  if (!isStore(directory)) return dirname(directory.path);
  throw noScratch(`the files of "${directory.name}" are kept in ${directory.store.location}`, REMEDY);
}

function placeOf(directory: DataDirectory): string {
  return isStore(directory) ? directory.store.location : directory.path;
}

/** The same for one data directory each time, so that what a killed process has left is found again. */
export function scratchDirectoryName(place: string): string {
  return `.nestjs-backup-scratch-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
}
