import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The target does not fit, and nothing was changed. */
export function restoreRefused(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_REFUSED', `Nothing was restored: ${clause(problem)}.`, { remedy, cause });
}

/** `restoreRefused` for several reasons. @param reasons sentences, with or without a full stop */
export function restoreRefusedFor(problem: string, reasons: readonly string[], remedy: string): BackupError {
  const lines = reasons.map((reason) => `- ${reason.replace(/\.$/, '')}.`);
  return new BackupError('RESTORE_REFUSED', [`Nothing was restored: ${problem}:`, ...lines], { remedy });
}

/** Something else changed the target while the restore waited for its locks. */
export function tablesChanged(what = 'the tables of the database'): BackupError {
  return restoreRefused(
    `${what} changed while the restore waited to lock them`,
    'Find out what changed them, then restore again.',
  );
}

/** The restore was tried and rolled back. */
export function restoreFailed(what: string, cause?: unknown): BackupError {
  const remedy = 'Fix the cause, then restore again.';
  const problem = `The restore failed and was rolled back: ${clause(what)}.`;
  return new BackupError('RESTORE_FAILED', problem, { remedy, cause });
}

/** Where a restore was interrupted lies something that no restore leaves. @param found where, and what is wrong with it */
export function restoreDamaged(found: string, cause?: unknown): BackupError {
  return new BackupError(
    'RESTORE_FAILED',
    `The interrupted restore cannot be finished: ${clause(found)}. Nothing was changed.`,
    { remedy: 'It may hold the only copy of some files: inspect it, save what you need, then remove it.', cause },
  );
}

export function outcomeUnknown(cause?: unknown): BackupError {
  return new BackupError('OUTCOME_UNKNOWN', 'The connection was lost while the restore was committed.', {
    remedy: 'The next start of the application, or the next restore, finishes or undoes it.',
    cause,
  });
}

/** The database has committed, so the restore can only go forward. */
export function restoreUnfinished(cause: unknown): BackupError {
  if (cause instanceof BackupError && cause.code === 'RESTORE_UNFINISHED') return cause;
  return new BackupError('RESTORE_UNFINISHED', 'The rows were restored, but not all files could be moved into place.', {
    remedy: 'Fix the cause; the next start of the application, or the next restore, continues from there.',
    cause,
  });
}

/** `restoreUnfinished` for one data directory; also used while an interrupted restore is finished or undone. */
export function filesNotInPlace(name: string, place: string, reason: string, cause: unknown): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    `Not all files of the data directory "${name}" (${place}) could be moved into place (${reason}). Nothing is lost.`,
    { remedy: 'Fix the cause; the next start of the application, or the next restore, finishes it.', cause },
  );
}

/** Everything is in place, but the replaced files are still there. */
export function replacedFilesRemain(name: string, path: string, reason: string): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    `What a restore replaced in the data directory "${name}" could not be removed: ${JSON.stringify(path)} (${reason}). ` +
      'All new files are in place.',
    {
      remedy:
        'Make the user of this process its owner, or remove its attributes "immutable" and "append only" (lsattr, ' +
        'chattr -i -a); the next start, backup or restore removes it.',
    },
  );
}

/** This process lost its lock, and another one is recovering its restore. */
export function restoreTakenOver(name: string, place: string): BackupError {
  return new BackupError(
    'RESTORE_UNFINISHED',
    'This process lost its lock, and another one has taken the restore over: it moves the files of the data directory ' +
      `"${name}" (${place}) into place, or back, and says so in its log.`,
    { remedy: 'See that log for the outcome; the next start of the application, or the next restore, does the rest.' },
  );
}
