import { isUtf8 } from 'node:buffer';
import type { Dir, Dirent, Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { isFilesystemsOwn, STAGING_NAME } from '../../archive/entry-names.js';

/** Something found below a data directory. `relative` uses "/" and is exact unless `kind` is `unnameable`. */
export interface FoundEntry {
  readonly kind: 'file' | 'directory' | 'special' | 'left' | 'unnameable' | 'unreadable';
  readonly relative: string;
  /** The path as the filesystem spells it, which need not be UTF-8. */
  readonly path: Buffer;
  /** For special, unnameable and unreadable entries: what it is, or why. */
  readonly reason?: string;
  /** For directories, from before they were listed. */
  readonly stats?: Stats;
}

export interface WalkOptions {
  /** Paths of files that are found but must not be opened. */
  readonly left?: ReadonlySet<string>;
  /** Receives each directory as it was before it was listed. */
  readonly listed?: { add(relative: string, stats: Stats): void };
  /** For a second walk: skips what the first one found, and sees what is new. */
  readonly sift?: Sieve;
}

export interface Sieve {
  /** Whether a directory already has an entry. */
  hasDirectory(relative: string): boolean;
  /** @returns what to do with it; undefined when it already has an entry */
  sift(found: FoundEntry, folder: string): Promise<FoundEntry | undefined>;
}

interface Folder {
  readonly path: Buffer;
  readonly relative: string;
}

const FILESYSTEMS_OWN = 'a folder that belongs to the filesystem';
const SLASH = Buffer.from('/');
const BACKSLASH = 0x5c;
/** Entries that one call of the system returns, as far as there are so many. */
const ENTRIES_AT_A_TIME = 64;

/**
 * Walks everything below some directories, including themselves, one directory after the other and each before its
 * contents, holding only the names of directories still to be visited. Yields groups of entries of one directory. Links
 * are not followed; the library's own staging folder is skipped.
 * @param start the directories, relative to the top, which is ''
 * @throws the system's error when the top directory itself cannot be read
 */
export async function* walkDirectory(
  root: string,
  { left, listed, sift }: WalkOptions = {},
  start: readonly string[] = [''],
): AsyncGenerator<readonly FoundEntry[]> {
  const pending: Folder[] = start.map((relative) => ({
    relative,
    path: Buffer.from(relative === '' ? root : `${root}/${relative}`),
  }));
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const { relative } = folder;
    const itself = { ...folder, kind: 'directory' as const };
    let isTold = sift?.hasDirectory(relative) ?? false;
    const isAgain = isTold;
    try {
      const stats = await lstatDirectory(folder.path);
      listed?.add(relative, stats);
      for await (const entries of listFolder(folder.path)) {
        // Only now is it certain that it can be read.
        if (!isTold) yield [{ ...itself, stats }];
        isTold = true;
        const group: FoundEntry[] = [];
        for (const entry of entries) {
          const described = describe(entry, folder, left);
          if (described?.reason === FILESYSTEMS_OWN && (await isEmpty(described.path))) continue;
          const found = described && sift ? await sift.sift(described, relative) : described;
          if (found?.kind === 'directory') pending.push(found);
          else if (found) group.push(found);
        }
        if (group.length > 0) yield group;
      }
      if (!isTold) yield [{ ...itself, stats }];
    } catch (error) {
      if (relative === '') throw error;
      // What vanished after it was saved is no loss.
      if (isAgain && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      yield [{ ...folder, kind: 'unreadable', reason: unreadableReason(error) }];
    }
  }
}

/** Why a file or directory could not be read, in words. */
export function unreadableReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it vanished during the backup';
  return `it could not be read (${code ?? message ?? 'unknown error'})`;
}

/** What was listed as a directory may be a link by now, which opening it would follow. */
async function lstatDirectory(path: Buffer): Promise<Stats> {
  const stats = await lstat(path);
  if (stats.isDirectory()) return stats;
  throw Object.assign(new Error('It is no longer a directory.'), { code: 'ENOTDIR' });
}

function describe(
  entry: Dirent<Buffer>,
  folder: Folder,
  left: ReadonlySet<string> | undefined,
): FoundEntry | undefined {
  const path = Buffer.concat([folder.path, SLASH, entry.name]);
  const name = entry.name.toString();
  const isTop = folder.relative === '';
  const relative = isTop ? name : `${folder.relative}/${name}`;
  if (isTop && name === STAGING_NAME) return undefined;
  if (isTop && entry.isDirectory() && isFilesystemsOwn(name)) {
    return { kind: 'special', relative, path, reason: FILESYSTEMS_OWN };
  }
  const exact = isUtf8(entry.name) ? !entry.name.includes(BACKSLASH) : false;
  if (!exact && (entry.isFile() || entry.isDirectory())) {
    const problem = isUtf8(entry.name) ? 'holds a backslash' : `is not UTF-8 (hex ${entry.name.toString('hex')})`;
    return { kind: 'unnameable', relative, path, reason: `its name ${problem}, which a ZIP cannot hold exactly` };
  }
  if (entry.isDirectory()) return { kind: 'directory', relative, path };
  if (!entry.isFile()) return { kind: 'special', relative, path, reason: specialKind(entry) };
  return { kind: left !== undefined && left.size > 0 && left.has(path.toString()) ? 'left' : 'file', relative, path };
}

/** Whether a directory is known to be empty: an unreadable one may hold something. */
async function isEmpty(path: Buffer): Promise<boolean> {
  try {
    for await (const entries of listFolder(path)) return entries.length === 0;
    return true;
  } catch {
    return false;
  }
}

function specialKind(entry: Dirent<Buffer>): string {
  if (entry.isSymbolicLink()) return 'symbolic link';
  if (entry.isSocket()) return 'socket';
  if (entry.isFIFO()) return 'named pipe';
  if (entry.isBlockDevice() || entry.isCharacterDevice()) return 'device';
  return 'special file';
}

/**
 * The entries of a folder, in groups of up to 64: waiting for each would take longer than listing them. Names are
 * bytes, since a name that is not UTF-8 would not be found again by its string.
 * @throws the system's error, after what was listed before it
 */
export async function* listFolder(path: Buffer): AsyncGenerator<readonly Dirent<Buffer>[]> {
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_AT_A_TIME };
  const folder = await opendir(path as unknown as string, options);
  try {
    for (let isEnd = false; !isEnd; ) {
      const group = await nextEntries(folder);
      isEnd = group.isEnd;
      if (group.entries.length > 0) yield group.entries;
      if (group.error) throw group.error;
    }
  } finally {
    await folder.close();
  }
}

interface Listed {
  readonly entries: Dirent<Buffer>[];
  readonly isEnd: boolean;
  readonly error?: Error;
}

/** With callbacks, because a promise for each entry is what takes the time. */
function nextEntries(folder: Dir): Promise<Listed> {
  return new Promise((resolve) => {
    const entries: Dirent<Buffer>[] = [];
    const take = (error: Error | null, entry: Dirent | null): void => {
      if (error) return resolve({ entries, isEnd: true, error });
      if (!entry) return resolve({ entries, isEnd: true });
      entries.push(entry as unknown as Dirent<Buffer>);
      if (entries.length === ENTRIES_AT_A_TIME) return resolve({ entries, isEnd: false });
      folder.read(take);
    };
    folder.read(take);
  });
}
