import { accessSync, closeSync, constants, fchmodSync, fchownSync, lstatSync, openSync, statSync } from 'node:fs';
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
  let file: number;
  try {
    file = openSync(lockFile, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return; // Another process was faster.
    const remedy = 'Give this user the right to write into the directory of the database.';
    throw lockUnusable(lockFile, 'it cannot be made', remedy, cause);
  }
  try {
    likeDatabase(file, database);
  } finally {
    closeSync(file);
  }
}

/** Regardless of the umask: whoever may write the database must be able to take its lock, and so must its owner. */
function likeDatabase(file: number, database: string): void {
  const { uid, gid, mode } = statSync(database);
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
  fchmodSync(file, (mode & 0o666) | 0o600);
}
