import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { noScratch } from '../../errors/restore-test-errors.js';
import { type DataDirectory, isStore, type LocalDirectory } from '../../files/data-directory.js';
import { whenInterrupted } from '../../support/when-interrupted.js';

const REMEDY = 'Name a directory of this machine for the files of the test with --scratch (in code scratch).';

/** Empty directories for the files of a restore test. */
export interface ScratchDirectories {
  readonly directories: readonly LocalDirectory[];
  remove(): Promise<void>;
}

/**
 * Creates one for each data directory, accessible to this user only, after removing what a killed process has left of
 * them. Only for the holder of the lock `restore-test`.
 * @param within a directory of this machine; by default each is created beside its data directory, since the files
 *   belong on that disk, and there is none for a file store
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

/** Always the same for one data directory, so that what a killed process has left is found again. */
export function scratchDirectoryName(place: string): string {
  return `.nestjs-backup-scratch-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
}
