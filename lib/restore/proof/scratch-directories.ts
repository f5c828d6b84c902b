import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupError } from '../../backup.errors.js';
import type { DataDirectory } from '../../options/backup-options.js';

/** Empty directories for the files of a proof. */
export interface ScratchDirectories {
  readonly directories: readonly DataDirectory[];
  remove(): Promise<void>;
}

/**
 * Makes one for each data directory, for this user alone; what a killed process has left of them is removed first. Only
 * for the holder of the lock `proof`.
 * @param within a directory of this machine; by default each lies beside its data directory, since the files belong on that disk
 * @throws BackupError `PROOF_FAILED`
 */
export async function makeScratchDirectories(
  dataDirs: readonly DataDirectory[],
  within?: string,
): Promise<ScratchDirectories> {
  const directories = dataDirs.map(({ name, path }) => ({
    name,
    path: join(within ?? dirname(path), scratchDirectoryName(path)),
  }));
  const remove = async () => {
    for (const { path } of directories) await rm(path, { recursive: true, force: true });
  };
  try {
    await remove();
    for (const { path } of directories) await mkdir(path, { mode: 0o700 });
    return { directories, remove };
  } catch (cause) {
    await remove().catch(() => {});
    const remedy =
      'Name a directory of this machine with --scratch (in code scratch), which the files may be in for a while.';
    throw BackupError.noScratch('no directory could be made for the files', remedy, cause);
  }
}

/** The same for one data directory each time, so that what a killed process has left is found again. */
export function scratchDirectoryName(path: string): string {
  return `.nestjs-backup-scratch-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
}
