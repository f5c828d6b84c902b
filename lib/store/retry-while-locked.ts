import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Retries, at increasing intervals, for as long as another process holds the lock.
 * @param onWait called before the first wait
 * @throws what `attempt` throws, except `LOCKED`; the signal's reason
 */
export async function retryWhileLocked<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  onWait: () => void,
): Promise<Result> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'LOCKED') throw error;
      if (wait === FIRST_WAIT_MS) onWait();
      await sleep(wait, undefined, { signal });
    }
  }
}
