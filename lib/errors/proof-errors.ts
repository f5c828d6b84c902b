import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The backup was restored into a scratch database and did not come back as it should. Nothing of the application was touched. */
export function proofFailed(problem: string, cause?: unknown): BackupError {
  return new BackupError('PROOF_FAILED', `The backup could not be proven: ${clause(problem)}.`, {
    remedy: 'Make another backup, and keep this one until the cause is found.',
    cause,
  });
}

/** There is no place for the rows or files of a proof. */
export function noScratch(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('PROOF_FAILED', `There is no room for a proof of restore: ${clause(problem)}.`, {
    remedy,
    cause,
  });
}
