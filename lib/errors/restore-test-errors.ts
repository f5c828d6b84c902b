import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The backup was restored into a scratch database and did not come back as it should. Nothing of the application was touched. */
export function restoreTestFailed(problem: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_TEST_FAILED', `The restore test failed: ${clause(problem)}.`, {
    remedy: 'Make another backup, and keep this one until the cause is found.',
    cause,
  });
}

/** There is no place for the rows or files of a restore test. */
export function noScratch(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('RESTORE_TEST_FAILED', `There is no room for a restore test: ${clause(problem)}.`, {
    remedy,
    cause,
  });
}
