import { setTimeout } from 'node:timers/promises';
import { databaseBusy } from '../../../errors/database-errors.js';
import { isContended } from './errors.js';

const GIVE_UP_MS = 10_000;
/**
 * SQLite has no queue: the lock goes to whoever asks in the right moment, and between the commits of an application that
 * writes all the time such moments are few and short. So it is asked for as often as SQLite's own busy handler does.
 */
const MAX_PAUSE_MS = 20;

/**
 * Retries with short pauses while the database is busy: for ten seconds, and at least twice.
 * @param what for the error, for example `The database file`
 * @param check throws when waiting is to end
 * @param attempt receives the number of failed attempts so far
 * @throws BackupError `DATABASE_BUSY`, and whatever else `attempt` throws
 */
export async function retryWhileBusy<Result>(
  what: string,
  check: () => void,
  attempt: (failed: number) => Result | Promise<Result>,
): Promise<Result> {
  const giveUp = performance.now() + GIVE_UP_MS;
  for (let failed = 0; ; failed++) {
    check();
    try {
      return await attempt(failed);
    } catch (error) {
      if (!isContended(error)) throw error;
      if (failed > 0 && performance.now() > giveUp) throw databaseBusy(what, error);
    }
    // Of random length, so as not to fall into step with the one that holds it.
    await setTimeout(1 + Math.random() * (MAX_PAUSE_MS - 1));
  }
}
