import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The backup did not restore correctly into a scratch database. The application's own data was not touched. */
export function restoreTestFailed(problem: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_TEST_FAILED', `The restore test failed: ${clause(problem)}.`, {
    remedy: 'Make another backup, and keep this one until the cause is found.',
    cause,
  });
}

/** There is no place for the rows or files of a restore test. */
export function noScratch(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_TEST_FAILED', `The restore test cannot run: ${clause(problem)}.`, {
    remedy,
    cause,
  });
}
