import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** A before-hook of the application threw; what it threw is the cause. */
export function hookFailed(option: string, kind: string, cause: unknown): BackupError {
  const remedy = 'See the log for the underlying error, fix it, then try again.';
  return new BackupError('HOOK_FAILED', `The hook ${option} threw, so the ${kind} was not started.`, { remedy, cause });
}

/** Such rows could not be restored, or the archive would hold what should not be in it. */
export function transformFailed(table: string, problem: string): BackupError {
  const what = `The hook transformRow failed on a row of table "${table}": ${clause(problem)}.`;
  return new BackupError('HOOK_FAILED', what, { remedy: 'Fix the function, then run the backup again.' });
}

/** @param milliseconds for which the client read nothing */
export function idle(milliseconds: number): BackupError {
  return new BackupError(
    'IDLE',
    `The backup was aborted: the client read nothing for ${Math.round(milliseconds / 1000)} seconds.`,
    { remedy: 'Try again, or raise the option idleTimeout.' },
  );
}

export function aborted(cause?: unknown): BackupError {
  const problem = 'The backup or restore was aborted before it was complete.';
  return new BackupError('ABORTED', problem, { remedy: 'Run it again.', cause });
}
