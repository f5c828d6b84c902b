import { access, constants, lstat, mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, systemReason, type TargetDirectory, unsuitable } from '../staging-errors.js';
import { type Entry, joinBytes, removeTree } from './folders.js';
import type { StagingLayout } from './staging-folder.js';

/** What the system answers for a move that it would have allowed had the destination been different. */
const MOVABLE = ['EISDIR', 'ENOTDIR', 'ENOENT'];
/** A mount point, or a file that something is mounted on. */
const MOUNTED = ['EBUSY', 'EXDEV'];

type Probed = Pick<Entry, 'name' | 'isDirectory'>;

/**
 * Asks the system, for each top-level entry, whether it could be moved, without changing anything: a file cannot
 * replace a folder, nor a folder a file, so a move to such a destination never happens. What is refused before the
 * destination is looked at is refused because of the entry itself: an immutable or append-only file, another user's
 * file in a sticky directory, a read-only mount.
 */
export class MoveProbe {
  private readonly folder: string;
  private readonly noFolder: string;
  private readonly noFile: string;

  private constructor(
    private readonly directory: TargetDirectory,
    layout: StagingLayout,
    private readonly device: number,
  ) {
    this.folder = join(layout.work, 'move-probe');
    this.noFolder = join(this.folder, 'file');
    this.noFile = join(this.folder, 'folder');
  }

  /** @throws BackupError `RESTORE_REFUSED` when something is mounted in the directory */
  static async make(directory: TargetDirectory, layout: StagingLayout): Promise<MoveProbe> {
    await refuseInnerMounts(directory);
    const probe = new MoveProbe(directory, layout, (await lstat(layout.work)).dev);
    await mkdir(probe.folder);
    await mkdir(probe.noFile);
    await writeFile(probe.noFolder, '', { flag: 'wx' });
    return probe;
  }

  /** @param entry its name may be a path below the top. @throws BackupError `RESTORE_REFUSED` */
  async try(entry: Probed): Promise<void> {
    const path = joinBytes(this.directory.path, entry.name);
    await this.refuseUnmovable(path, entry);
    if (!entry.isDirectory()) return;
    const { dev, uid } = await lstat(path);
    if (dev !== this.device) throw mounted(this.directory, path.toString());
    const me = process.geteuid?.();
    if (me === undefined || me === 0 || uid === me) return; // Our own entries can be made writable when they are moved.
    await access(path, constants.W_OK).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw this.refuse(path, 'belongs to another user and may not be moved');
    });
  }

  async remove(): Promise<void> {
    await removeTree(this.folder);
  }

  /** Windows has other rules, and answers any such move with EPERM. */
  private async refuseUnmovable(path: Buffer, entry: Probed): Promise<void> {
    if (process.platform === 'win32') return;
    try {
      await rename(path, entry.isDirectory() ? this.noFolder : this.noFile);
    } catch (error) {
      if (hasCode(error, ...MOVABLE)) return;
      if (hasCode(error, ...MOUNTED)) throw mounted(this.directory, path.toString());
      if (!hasCode(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
      throw this.refuse(path, `may not be moved (${systemReason(error)})`);
    }
  }

  private refuse(path: Buffer, problem: string) {
    return unsuitable(
      this.directory,
      `holds "${path.subarray(Buffer.byteLength(this.directory.path) + 1).toString()}", which ${problem}`,
      'Change its owner to the user of this process, remove its attributes "immutable" and "append only" (lsattr, chattr -i -a), or move it elsewhere.',
    );
  }
}

/** @param path of the mount point */
function mounted(directory: TargetDirectory, path: string) {
  return unsuitable(
    directory,
    `holds a mount point, "${path}", which can be neither moved nor replaced`,
    'Unmount it, or configure it as a data directory of its own.',
  );
}

/** Anything mounted inside can be neither moved nor removed, whether or not it has a device of its own. */
async function refuseInnerMounts(directory: TargetDirectory): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const top = `${await realpath(directory.path)}/`;
  for (const line of mounts.split('\n')) {
    const escaped = line.split(' ')[4] ?? '';
    const path = escaped.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    const point = Buffer.from(path, 'latin1').toString();
    if (escaped !== '' && (point.startsWith(top) || path.startsWith(top))) throw mounted(directory, point);
  }
}
