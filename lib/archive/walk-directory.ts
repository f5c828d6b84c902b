import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { STAGING_NAME } from './entry-names.js';

/** Something found below a data directory. `relative` uses "/" and is exact unless `kind` is `unnameable`. */
export interface FoundEntry {
  readonly kind: 'file' | 'empty-directory' | 'special' | 'left' | 'unnameable' | 'unreadable';
  readonly relative: string;
  /** The path as the filesystem spells it, which need not be UTF-8. */
  readonly path: Buffer;
  /** Of special, unnameable and unreadable entries: what it is, or why. */
  readonly reason?: string;
}

/** At the top of a mounted ext volume; usually only root may read it, and nobody's files are in it. */
const LOST_AND_FOUND = 'lost+found';
const SLASH = Buffer.from('/');
const BACKSLASH = 0x5c;

/**
 * Everything below a directory, one directory after the other and without order, holding only the names of directories
 * that are still to be visited. Links are not followed; the library's own staging folder is passed over.
 * @param left paths of files that are found but not to be opened
 * @throws the system's error when the top directory itself cannot be read
 */
export async function* walkDirectory(root: string, left: ReadonlySet<string> = new Set()): AsyncGenerator<FoundEntry> {
  const pending: Array<{ path: Buffer; relative: string }> = [{ path: Buffer.from(root), relative: '' }];
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const { path: folderPath, relative } = folder;
    let empty = true;
    try {
      if (relative !== '') await refuseLink(folderPath);
      for await (const entry of await openAsBuffers(folderPath)) {
        if (relative === '' && entry.name.equals(Buffer.from(STAGING_NAME))) continue;
        empty = false;
        const found = describe(entry, folderPath, relative);
        if (found.kind === 'directory') pending.push(found);
        else if (left.size > 0 && left.has(found.path.toString())) yield { ...found, kind: 'left' };
        else yield found as FoundEntry;
      }
    } catch (error) {
      if (relative === '') throw error;
      if (relative === LOST_AND_FOUND) {
        yield { kind: 'special', relative, path: folderPath, reason: 'a folder of the volume itself' };
        continue;
      }
      yield { kind: 'unreadable', relative, path: folderPath, reason: unreadableReason(error) };
      continue;
    }
    if (empty) yield { kind: 'empty-directory', relative, path: folderPath };
  }
}

/** Why a file or directory could not be read, in words. */
export function unreadableReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it vanished during the backup';
  return `it could not be read (${code ?? message ?? 'unknown error'})`;
}

/** What was listed as a directory may be a link by now, which opening it would follow. */
async function refuseLink(path: Buffer): Promise<void> {
  if ((await lstat(path)).isDirectory()) return;
  throw Object.assign(new Error('It is no longer a directory.'), { code: 'ENOTDIR' });
}

/** Names as bytes: those that are not UTF-8 would not be found again by their string. */
async function openAsBuffers(path: Buffer): Promise<AsyncIterable<Dirent<Buffer>>> {
  const directory = await opendir(path as unknown as string, { encoding: 'buffer' as BufferEncoding });
  return directory as unknown as AsyncIterable<Dirent<Buffer>>;
}

function describe(
  entry: Dirent<Buffer>,
  folder: Buffer,
  folderRelative: string,
): Omit<FoundEntry, 'kind'> & { kind: FoundEntry['kind'] | 'directory' } {
  const path = Buffer.concat([folder, SLASH, entry.name]);
  const relative = folderRelative === '' ? entry.name.toString() : `${folderRelative}/${entry.name.toString()}`;
  const exact = isUtf8(entry.name) ? !entry.name.includes(BACKSLASH) : false;
  if (!exact && (entry.isFile() || entry.isDirectory())) {
    const problem = isUtf8(entry.name) ? 'holds a backslash' : `is not UTF-8 (hex ${entry.name.toString('hex')})`;
    return { kind: 'unnameable', relative, path, reason: `its name ${problem}, which a ZIP cannot hold exactly` };
  }
  if (entry.isDirectory()) return { kind: 'directory', relative, path };
  if (entry.isFile()) return { kind: 'file', relative, path };
  return { kind: 'special', relative, path, reason: specialKind(entry) };
}

function specialKind(entry: Dirent<Buffer>): string {
  if (entry.isSymbolicLink()) return 'symbolic link';
  if (entry.isSocket()) return 'socket';
  if (entry.isFIFO()) return 'named pipe';
  if (entry.isBlockDevice() || entry.isCharacterDevice()) return 'device';
  return 'special file';
}
