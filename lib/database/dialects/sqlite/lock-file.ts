import { accessSync, closeSync, constants, fchmodSync, fchownSync, lstatSync, openSync, statSync } from 'node:fs';
import { lockUnusable } from '../../../errors/lock-errors.js';
import type { BetterSqlite3, BetterSqlite3Opener } from './better-sqlite3.js';

/** The remedy for what lies where the lock file should be. */
export const ELSEWHERE = 'Move it elsewhere, or remove it; then try again.';

/**
 * Opens the lock file of a database, which is made with the owner and the mode of that. SQLite would open a file that this
 * user may not write read-only, without a word, and an exclusive transaction on such a file locks nobody out.
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

/** One that is there is never opened here: closing it would drop a lock that this process holds on it. */
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

/** Whatever the umask says: whoever may write the database has to be able to take its lock, and its owner in any case. */
function likeDatabase(file: number, database: string): void {
  const { uid, gid, mode } = statSync(database);
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
  fchmodSync(file, (mode & 0o666) | 0o600);
}
