import type { DatabaseLock } from '../database/dialects/dialect.js';
import { BackupError } from '../errors/backup-error.js';
import { lockLost } from '../errors/lock-errors.js';

/** Aborts when either the caller gives up or the lock is lost, after which another restore may be running. */
export function endedBy({ lost }: Pick<DatabaseLock, 'lost'>, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([signal, lost]) : lost;
}

/** An operation that ended because the lock was lost only reports that it was aborted. */
export function orLockLost({ lost }: Pick<DatabaseLock, 'lost'>, error: unknown): unknown {
  const isAborted = error instanceof BackupError && error.code === 'ABORTED';
  return isAborted && lost.aborted ? lockLost() : error;
}
