import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BackupError } from '../../../backup.errors.js';
import type { BetterSqlite3 } from './better-sqlite3.js';

/** First and largest step of a copy, in pages: some two and some fifty milliseconds. */
const STEP_PAGES = 256;
const MAX_STEP_PAGES = 8192;
const GIVE_UP_MS = 30_000;
const RETRY_MS = 50;

/** What is beside a database file while it is copied; the names tell what a killed process has left. */
const COPY_MARK = '.backup-copy-';
const COMPANIONS = ['', '-journal', '-wal', '-shm'];

/**
 * Copies a database to a new file beside it, readable by nobody else, while the application reads and writes. A write
 * makes SQLite begin again, with larger steps each time.
 * @param attached name of the database on the source's connection; default: its main one
 * @returns the copy's path; the caller opens and removes it
 * @throws BackupError `DATABASE_BUSY`
 */
export async function copyFile(
  source: BetterSqlite3,
  file: string,
  attached: string | undefined,
  check: () => void,
): Promise<string> {
  const copy = `${file}${COPY_MARK}${randomBytes(8).toString('hex')}`;
  closeSync(openSync(copy, 'wx', 0o600));
  try {
    const giveUp = Date.now() + GIVE_UP_MS;
    while (!(await tryCopy(source, copy, attached, giveUp, check))) await setTimeout(RETRY_MS);
    return copy;
  } catch (error) {
    removeCopy(copy);
    throw error;
  }
}

export function removeCopy(copy: string): void {
  for (const ending of COMPANIONS) rmSync(copy + ending, { force: true });
}

/** Removes what a killed backup left behind. Only for the holder of the backup lock. */
export function removeStaleCopies(file: string): void {
  const prefix = basename(file) + COPY_MARK;
  for (const name of readdirSync(dirname(file))) if (name.startsWith(prefix)) rmSync(join(dirname(file), name));
}

/** better-sqlite3 resolves with no pages at all when the source was locked. */
async function tryCopy(
  source: BetterSqlite3,
  copy: string,
  attached: string | undefined,
  giveUp: number,
  check: () => void,
): Promise<boolean> {
  let step = STEP_PAGES;
  let remaining = Number.POSITIVE_INFINITY;
  const progress = (state: { remainingPages: number }): number => {
    check();
    const restarted = state.remainingPages > remaining;
    if (restarted) step = Math.min(step * 2, MAX_STEP_PAGES);
    if (restarted && Date.now() > giveUp) throw busy();
    remaining = state.remainingPages;
    return step;
  };
  const { totalPages } = await source.backup(copy, { ...(attached !== undefined && { attached }), progress });
  check();
  if (totalPages === 0 && Date.now() > giveUp) throw busy();
  return totalPages > 0;
}

function busy(): BackupError {
  return new BackupError(
    'DATABASE_BUSY',
    'The database is written to all the time, so no consistent copy could be made. Set enableWAL: true, or try later.',
  );
}
