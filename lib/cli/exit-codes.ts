import { BackupError } from '../errors/backup-error.js';
import type { BackupErrorCode } from '../errors/backup-error-code.js';

/** Exit codes of the command line. */
export const ExitCode = {
  DONE: 0,
  /** Failed, nothing changed. */
  FAILED: 1,
  WRONG_USAGE: 2,
  /** The target is not empty, does not fit, or is locked; or what is to be backed up is not the application's. */
  REFUSED: 3,
  /** Not a readable, complete archive. */
  BAD_ARCHIVE: 4,
  /** Done, but a file was left out. */
  INCOMPLETE: 5,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const BY_ERROR: Partial<Record<BackupErrorCode, ExitCode>> = {
  INVALID_AES_KEY: ExitCode.WRONG_USAGE,
  INVALID_RECIPIENT: ExitCode.WRONG_USAGE,
  INVALID_IDENTITY: ExitCode.WRONG_USAGE,
  INVALID_SIGNER: ExitCode.WRONG_USAGE,
  WRONG_USAGE: ExitCode.WRONG_USAGE,
  LOCKED: ExitCode.REFUSED,
  NO_TABLES: ExitCode.REFUSED,
  RESTORE_REFUSED: ExitCode.REFUSED,
  ARCHIVE_INVALID: ExitCode.BAD_ARCHIVE,
  DECRYPTION_FAILED: ExitCode.BAD_ARCHIVE,
  SIGNATURE_MISSING: ExitCode.BAD_ARCHIVE,
  SIGNATURE_UNTRUSTED: ExitCode.BAD_ARCHIVE,
  SIGNATURE_INVALID: ExitCode.BAD_ARCHIVE,
};

export function exitCodeOf(error: unknown): ExitCode {
  return (error instanceof BackupError && BY_ERROR[error.code]) || ExitCode.FAILED;
}

/** Done, or done with a file left out. */
export function exitCodeFor({ complete }: { readonly complete: boolean }): ExitCode {
  return complete ? ExitCode.DONE : ExitCode.INCOMPLETE;
}
