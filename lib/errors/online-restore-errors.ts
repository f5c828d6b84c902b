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

/** For the record of a restore whose process is gone. */
export function restoreCutOff(): BackupError {
  const remedy = 'See what the application shows, then undo the restore or run it again.';
  return new BackupError('ABORTED', 'The process ended before the restore was complete.', { remedy });
}

/** @param why the end of a sentence */
export function cannotUndo(why: string): BackupError {
  return restoreRefused(`this restore cannot be undone: ${clause(why)}`, 'Restore one of the stored backups instead.');
}
