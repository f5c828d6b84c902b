import { BackupError } from './backup-error.js';
import { restoreRefused } from './restore-errors.js';
import { clause } from './sentence.js';

/** After a restore; what was there before is restored then. */
export function unhealthy(problem: string, cause?: unknown): BackupError {
  return new BackupError('UNHEALTHY', `The application was not healthy after the restore: ${clause(problem)}.`, {
    remedy: 'See the log for the underlying error, fix it, or choose another backup.',
    cause,
  });
}

/** @param paths of the files that it lacks */
export function pointIncomplete(paths: readonly string[]): BackupError {
  const [first = '', ...others] = paths;
  const named = others.length > 0 ? `"${first}" and ${others.length} others` : `"${first}"`;
  return restoreRefused(
    `the restore point could not save ${named}, which would be replaced`,
    'Make these files readable, or move them elsewhere.',
  );
}

/** Nothing that is here opens what the application encrypts. */
export function pointUnreadable(cause?: unknown): BackupError {
  const given = cause === undefined ? 'no identity was given' : 'the identity that was given belongs to none of them';
  return restoreRefused(
    `the restore point would be encrypted to the recipients of the application, and ${given}, so nothing here could bring the present state back`,
    'Give the identity of one of these recipients. If the backup was made for others, re-wrap it first. Or set encryptionKey beside recipients.',
    cause,
  );
}

/** For the record of a restore whose process is gone. */
export function restoreCutOff(): BackupError {
  const remedy = 'See what the application shows, then undo the restore or run it again.';
  return new BackupError('ABORTED', 'The process ended before the restore was complete.', { remedy });
}

/** @param why the end of a sentence */
export function cannotUndo(why: string): BackupError {
  return restoreRefused(`this restore cannot be undone: ${clause(why)}`, 'Restore one of the stored backups instead.');
}
