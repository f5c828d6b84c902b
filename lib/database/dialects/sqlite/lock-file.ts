import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { lockUnusable } from '../../../errors/lock-errors.js';
import type { BetterSqlite3, BetterSqlite3Opener } from './better-sqlite3.js';

/** The remedy if something else is in the place of the lock file. */
export const ELSEWHERE = 'Move it elsewhere, or remove it; then try again.';

/**
 * Opens the lock file of a database, which is created with the owner and mode of the database file. SQLite would
 * silently open a file read-only that this user may not write, and an exclusive transaction on such a file excludes
 * nobody.
 * @throws BackupError `LOCK_UNUSABLE`, naming the file
 */
export function openLockFile(opener: BetterSqlite3Opener, database: string, lockFile: string): BetterSqlite3 {
  requireLockFile(database, lockFile);
  try {
    return opener.openPlain(lockFile, { fileMustExist: true });
  } catch (cause) {
    throw lockUnusable(lockFile, 'SQLite cannot open it', ELSEWHERE, cause);
  }
}

/** An existing file is never opened here: closing it would drop a lock that this process holds on it. */
function requireLockFile(database: string, lockFile: string): void {
  if (!isThere(lockFile)) makeLockFile(database, lockFile);
  if (!lstatSync(lockFile).isFile()) throw lockUnusable(lockFile, 'it is not a regular file', ELSEWHERE);
  try {
    accessSync(lockFile, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const remedy = 'Give it the owner and the mode of the database file; another user may have left it.';
    throw lockUnusable(lockFile, 'this user may not write it', remedy, cause);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function makeLockFile(database: string, lockFile: string): void {
  const original = statSync(database);
  let file: number;
  try {
    file = openSync(lockFile, 'wx', lockMode(original.mode));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return; // Another process was faster.
    const remedy = 'Give this user the right to write into the directory of the database.';
    throw lockUnusable(lockFile, 'it cannot be made', remedy, cause);
  }
  try {
    likeDatabase(file, original);
  } finally {
    closeSync(file);
  }
}

/** What systems and file systems without such changes say, and Node under its permission model. */
const UNCHANGEABLE = ['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'ERR_ACCESS_DENIED'];

/** Regardless of the umask: whoever may write the database must be able to take its lock, and so must its owner. */
function likeDatabase(file: number, { uid, gid, mode }: Stats): void {
  const made = fstatSync(file);
  if (made.uid !== uid || made.gid !== gid) ifPossible(UNCHANGEABLE, () => fchownSync(file, uid, gid));
  const wanted = lockMode(mode);
  // Who is left out because of that is told so.
  if ((made.mode & 0o777) !== wanted) ifPossible(['ERR_ACCESS_DENIED'], () => fchmodSync(file, wanted));
}

const lockMode = (mode: number) => (mode & 0o666) | 0o600;

function ifPossible(unless: readonly string[], change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!unless.includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}
