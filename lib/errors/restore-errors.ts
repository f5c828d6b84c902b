import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The target does not fit, and nothing was changed. */
export function restoreRefused(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_REFUSED', `Nothing was restored: ${clause(problem)}.`, { remedy, cause });
}

/** The same for several reasons. @param reasons sentences, with or without a full stop */
export function restoreRefusedFor(problem: string, reasons: readonly string[], remedy: string): BackupError {
  const lines = reasons.map((reason) => `- ${reason.replace(/\.$/, '')}.`);
  return new BackupError('RESTORE_REFUSED', [`Nothing was restored: ${problem}:`, ...lines], { remedy });
}

/** Somebody changed the target while the restore waited for their locks. */
export function tablesChanged(what = 'the tables of the database'): BackupError {
  return restoreRefused(
    `${what} changed while the restore waited to lock them`,
    'Look at what changed them, then restore again.',
  );
}

/** The restore was tried and rolled back. */
export function restoreFailed(what: string, cause?: unknown): BackupError {
  const remedy = 'Mend that, then restore again.';
  const problem = `The restore failed and was rolled back: ${clause(what)}.`;
  return new BackupError('RESTORE_FAILED', problem, { remedy, cause });
}

/** A restore that was cut off has left what no restore leaves. @param found where, and what is wrong with it */
export function restoreDamaged(found: string, cause?: unknown): BackupError {
  return new BackupError(
    'RESTORE_FAILED',
    `The restore that was cut off cannot be finished: ${clause(found)}. Nothing was changed.`,
    { remedy: 'It may hold the only copy of files: look into it, save what is needed, then remove it.', cause },
  );
}

export function outcomeUnknown(cause?: unknown): BackupError {
  return new BackupError('OUTCOME_UNKNOWN', 'The connection was lost while the restore was committed.', {
    remedy: 'The next start, or the next restore, finishes or undoes it.',
    cause,
  });
}

/** The database has committed, so nothing turns back. */
export function restoreUnfinished(cause: unknown): BackupError {
  if (cause instanceof BackupError && cause.code === 'RESTORE_UNFINISHED') return cause;
  return new BackupError(
    'RESTORE_UNFINISHED',
    'The rows are restored, but not all files could be put in their place.',
    { remedy: 'Mend the cause; the next start, or the next restore, goes on with it.', cause },
  );
}

/** The same of one data directory, also when a restore is finished or undone that was cut off. */
export function filesNotInPlace(name: string, place: string, reason: string, cause: unknown): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    `The files of the data directory "${name}" (${place}) could not be put in place completely (${reason}). Nothing is lost.`,
    { remedy: 'Remove the cause, and the next start, or the next restore, finishes it.', cause },
  );
}

/** Everything is in place, and what was replaced is still there. */
export function replacedFilesRemain(name: string, path: string, reason: string): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    `What a restore has replaced in the data directory "${name}" could not be removed: ${JSON.stringify(path)} (${reason}). ` +
      'All new files are in place.',
    {
      remedy:
        'Give it to the user of this process, or take away its attributes "immutable" and "append only" (lsattr, ' +
        'chattr -i -a); the next start, backup or restore removes it.',
    },
  );
}

/** This process has lost its lock, and another one recovers what it was doing. */
export function restoreTakenOver(name: string, place: string): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    'This process has lost its lock, and another one has taken the restore over: it puts the files of the data directory ' +
      `"${name}" (${place}) in place, or back, and says so in its log.`,
    { remedy: 'Look there for the end; the next start, or the next restore, does what it leaves.' },
  );
}
