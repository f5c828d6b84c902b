import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

export function locked(): BackupError {
  const remedy = 'Try again when it has finished.';
  return new BackupError('LOCKED', 'Another backup or restore of this database is running.', { remedy });
}

/** A restore of another database is unfinished there; only that database knows whether it committed. */
export function directoryInUse(name: string, place: string): BackupError {
  return new BackupError(
    'LOCKED',
    `A restore of another database is running in the data directory "${name}", or was interrupted there.`,
    {
      remedy:
        'Wait until it has finished, or start the application of that database, which finishes or undoes it. If that ' +
        'database no longer exists (it was dropped and created again, for example), save what you need from ' +
        `"${place}/.nestjs-backup", then remove that folder.`,
    },
  );
}

export function lockLost(): BackupError {
  return new BackupError(
    'LOCK_LOST',
    'The connection that held the backup lock was lost, so another backup or restore could have started.',
    { remedy: 'Run it again.' },
  );
}

/** A lock that locks nobody out is worse than none. */
export function lockUnusable(file: string, problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('LOCK_UNUSABLE', `The lock file "${file}" cannot be used: ${clause(problem)}.`, {
    remedy,
    cause,
  });
}
