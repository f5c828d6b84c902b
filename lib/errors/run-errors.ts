import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** A function of the host that is called before the work threw; its own error is the cause. */
export function hookFailed(option: string, kind: string, cause: unknown): BackupError {
  const remedy = 'Its own error stands in the log: mend what it names, then try again.';
  return new BackupError('HOOK_FAILED', `The hook ${option} threw, so the ${kind} was not begun.`, { remedy, cause });
}

/** An archive of such rows could not be restored, or would hold what should not be in it. */
export function transformFailed(table: string, problem: string): BackupError {
  const what = `The hook transformRow failed on a row of table "${table}": ${clause(problem)}.`;
  return new BackupError('HOOK_FAILED', what, { remedy: 'Mend the function, then make the backup again.' });
}

/** @param milliseconds for which the client took nothing */
export function idle(milliseconds: number): BackupError {
  return new BackupError(
    'IDLE',
    `The backup was ended: its client took nothing for ${Math.round(milliseconds / 1000)} seconds.`,
    { remedy: 'Try again, or raise the option idleTimeout.' },
  );
}

export function aborted(cause?: unknown): BackupError {
  const problem = 'The backup or restore was aborted before it was complete.';
  return new BackupError('ABORTED', problem, { remedy: 'Start it again.', cause });
}
