import { stat, statfs } from 'node:fs/promises';
import type { ArchiveLimits } from '../archive/archive-limits.js';
import { restoreRefused } from '../errors/restore-errors.js';
import { isLocal } from '../files/data-directory.js';
import type { BackupManifest } from '../manifest/manifest.js';
import type { DataDirectory } from '../options/backup-options.js';

/**
 * Checks whether the disks have room for the files, which are written beside the existing ones. An archive can be made
 * that expands a thousandfold. An application that has set a limit has accepted what it allows.
 * @throws BackupError `RESTORE_REFUSED`
 */
export async function refuseWithoutRoom(
  { files }: Pick<BackupManifest, 'files'>,
  directories: readonly DataDirectory[],
  { expandedBytes }: Pick<Partial<ArchiveLimits>, 'expandedBytes'>,
): Promise<void> {
  if (expandedBytes !== undefined) return;
  const disks = new Map<number, { names: string[]; needed: number; free: number }>();
  for (const { name, path } of directories.filter(isLocal)) {
    const { dev } = await stat(path);
    const { bavail, bsize } = await statfs(path);
    const { names = [], needed = 0 } = disks.get(dev) ?? {};
    disks.set(dev, { names: [...names, `"${name}"`], needed: needed + files[name]!.bytes, free: bavail * bsize });
  }
  for (const { names, needed, free } of disks.values()) {
    if (needed <= free) continue;
    throw restoreRefused(
      `the files of ${names.join(', ')} take ${needed} bytes, but their disk has room for only ${free}`,
      'Free some space. If the disk compresses, set the option archiveLimits.expandedBytes to the size you expect.',
    );
  }
}
