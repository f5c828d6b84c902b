import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

export function directoryUnreadable(name: string, cause: unknown): BackupError {
  const remedy = 'Check that it exists and that this process may read it.';
  return new BackupError('DIRECTORY_UNREADABLE', `The data directory "${name}" cannot be read.`, { remedy, cause });
}

export function archiveFailed(
  what: string,
  cause?: unknown,
  remedy = 'What there is of it is incomplete: mend the cause, then make the backup again.',
): BackupError {
  return new BackupError('ARCHIVE_FAILED', `The archive could not be written: ${clause(what)}.`, { remedy, cause });
}

/** An archive that comes as a stream is kept in a temporary file while it is read. */
export function archiveNotKept(directory: string, problem: string, cause: unknown): BackupError {
  return new BackupError(
    'ARCHIVE_FAILED',
    `The archive could not be kept in a temporary file in "${directory}": ${clause(problem)}.`,
    { remedy: 'Give the archive as a file, or set TMPDIR to a directory with room.', cause },
  );
}

export function decryptionFailed(
  problem: string,
  remedy = 'Check that the key is the one of this archive, else take another copy of the archive.',
): BackupError {
  return new BackupError('DECRYPTION_FAILED', `The archive cannot be decrypted: ${clause(problem)}.`, { remedy });
}

/** The archive is damaged, cut off, or holds what its manifest does not account for. */
export function archiveInvalid(
  problem: string,
  cause?: unknown,
  remedy = 'Take another copy of it, or another backup; nestjs-backup verify reads one to its end.',
): BackupError {
  return new BackupError('ARCHIVE_INVALID', `The archive cannot be used: ${clause(problem)}.`, { remedy, cause });
}

/** @param limit a key of the option `archiveLimits` */
export function overLimit(problem: string, limit: string): BackupError {
  const remedy = `If you know where the archive comes from, raise the option archiveLimits.${limit}.`;
  return archiveInvalid(problem, undefined, remedy);
}
