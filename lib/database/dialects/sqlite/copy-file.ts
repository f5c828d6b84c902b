import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { whenInterrupted } from '../../../support/when-interrupted.js';
import type { BetterSqlite3 } from './better-sqlite3.js';
import { pragma } from './databases.js';
import { ContendedError } from './errors.js';

/** Copying this many bytes takes about two milliseconds. */
const STEP_BYTES = 1024 * 1024;
/** How long a lock may hold up a copy. */
const STUCK_MS = 1_000;

/**
 * Suffixes of the files next to a database file while it is copied; the names identify what a killed process has left.
 */
const COPY_MARK = '.backup-copy-';
const COPY_NAME = /^[0-9a-f]{16}(-journal|-wal|-shm)?$/;
const COMPANIONS = ['', '-journal', '-wal', '-shm'];

/** Functions to call for each copy that is removed. */
const interrupted = new Map<string, () => void>();

export interface Copy {
  /** The database's name on the application's connection. */
  readonly name: string;
  readonly path: string;
  readonly pages: number;
}

/**
 * Copies a database to a new file next to it, readable by nobody else, in small steps between which others can read and
 * write. The caller opens and removes the copy.
 * @param source a connection, and the database's name on it
 * @throws ContendedError when a write made SQLite begin again, or a lock stopped it
 */
export async function copyFile(
  source: { readonly database: BetterSqlite3; readonly name: string },
  file: string,
  name: string,
  check: () => void,
): Promise<Copy> {
  const path = `${file}${COPY_MARK}${randomBytes(8).toString('hex')}`;
  closeSync(openSync(path, 'wx', 0o600));
  interrupted.set(
    path,
    whenInterrupted(() => removeCopy(path)),
  );
  try {
    return { name, path, pages: await copyPages(source, path, check) };
  } catch (error) {
    removeCopy(path);
    throw error;
  }
}

export function removeCopy(copy: string): void {
  interrupted.get(copy)?.();
  interrupted.delete(copy);
  for (const ending of COMPANIONS) rmSync(copy + ending, { force: true });
}

/** Removes what a killed backup has left. Only for the holder of the backup lock. */
export function removeStaleCopies(file: string): void {
  const prefix = basename(file) + COPY_MARK;
  for (const name of readdirSync(dirname(file))) {
    const stale = name.startsWith(prefix) && COPY_NAME.test(name.slice(prefix.length));
    if (stale) rmSync(join(dirname(file), name), { force: true });
  }
}

async function copyPages(
  { database, name }: { readonly database: BetterSqlite3; readonly name: string },
  path: string,
  check: () => void,
): Promise<number> {
  const step = Math.ceil(STEP_BYTES / Number(pragma(database, name, 'page_size')));
  let remaining = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  const progress = ({ remainingPages }: { remainingPages: number }): number => {
    check();
    if (remainingPages > remaining) throw new ContendedError('The database was written to during the copy.');
    if (remainingPages < remaining) moved = performance.now();
    else if (performance.now() - moved > STUCK_MS) throw new ContendedError('The database was locked during the copy.');
    remaining = remainingPages;
    return step;
  };
  const { totalPages } = await database.backup(path, { attached: name, progress });
  // better-sqlite3 reports success without any pages when the source was locked.
  if (totalPages === 0 && (database.inTransaction || pragma(database, name, 'page_count') !== '0')) {
    throw new ContendedError('The database was locked before the copy.');
  }
  return totalPages;
}
