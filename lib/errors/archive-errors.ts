import { NODES_WITH_ZSTD } from '../support/zstd.js';
import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

export function directoryUnreadable(name: string, cause: unknown): BackupError {
  const remedy = 'Check that it exists and that this process may read it.';
  return new BackupError('DIRECTORY_UNREADABLE', `The data directory "${name}" cannot be read.`, { remedy, cause });
}

export function archiveFailed(
  what: string,
  cause?: unknown,
  remedy = 'The partial archive is unusable. Fix the cause, then run the backup again.',
): BackupError {
  return new BackupError('ARCHIVE_FAILED', `The archive could not be written: ${clause(what)}.`, { remedy, cause });
}

/** By Node's permission model. */
export function threadsForbidden(cause: unknown): BackupError {
  const problem = 'Node.js lets this process start no threads, which compress it';
  return archiveFailed(problem, cause, 'Allow them with --allow-worker, or set compressionLevel: 0.');
}

export function zstdMissing(): BackupError {
  const problem = `it is to be compressed with zstd, which Node.js ${process.version} lacks`;
  return archiveFailed(problem, undefined, `Use ${NODES_WITH_ZSTD}, or compress it with deflate.`);
}

/** Nothing is wrong with the archive, as far as is known. */
export function archiveUnread(problem: string, cause?: unknown): BackupError {
  const remedy = 'Try again; if it fails again, report it with this message.';
  return new BackupError('ARCHIVE_FAILED', `The archive could not be read: ${clause(problem)}.`, { remedy, cause });
}

/** An archive that arrives as a stream is saved to a temporary file, because reading it needs random access. */
export function archiveNotKept(directory: string, problem: string, cause: unknown): BackupError {
  return new BackupError(
    'ARCHIVE_FAILED',
    `The archive could not be saved to a temporary file in "${directory}": ${clause(problem)}.`,
    { remedy: 'Pass the archive as a file, or set TMPDIR to a directory with enough space.', cause },
  );
}

/** What to do next; and over HTTP, where nobody has a command line. */
export interface Remedies {
  readonly remedy: string;
  readonly remedyOverHttp: string;
}

export const GIVE_KEY: Remedies = {
  remedy:
    'Pass the key with --key-file, --key - or BACKUP_AES_KEY (in code aesKey), or name the application that has it with --app.',
  remedyOverHttp:
    'Set the option encryptionKey of the application to its key. For an upload, give its key with it (over HTTP, aes_key).',
};

export const GIVE_IDENTITY: Remedies = {
  remedy: 'Pass the identity file of one of the recipients with --identity or BACKUP_IDENTITY (in code identity).',
  remedyOverHttp:
    'For a restore or an upload, give the identity of one of the recipients in its dialog (over HTTP, identity). A restore test is made where the identity is, with "nestjs-backup test".',
};

export function decryptionFailed(
  problem: string,
  remedy: string | Remedies = 'Check that this is the key of this archive; if it is, use another copy of the archive.',
): BackupError {
  const details = typeof remedy === 'string' ? { remedy } : remedy;
  return new BackupError('DECRYPTION_FAILED', `The archive cannot be decrypted: ${clause(problem)}.`, details);
}

/** Each costs time before anything of the archive is authenticated. */
export function tooManyStanzas(count: number, most: number): BackupError {
  const problem = `its header is for ${count} recipients, and of those at most ${most} are tried`;
  return decryptionFailed(problem, 'Use age to decrypt it, if you trust its source.');
}

/** Those that another key may not have. */
const keyErrors = new WeakSet<object>();

/** The same where another key, or none, might open it: nothing shows that the archive is damaged. */
export function keyDoesNotFit(problem: string, remedy?: string | Remedies): BackupError {
  const error = decryptionFailed(problem, remedy);
  keyErrors.add(error);
  return error;
}

export const isAboutKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && keyErrors.has(error);

/** The archive is damaged, truncated, or holds something its manifest does not account for. */
export function archiveInvalid(
  problem: string,
  cause?: unknown,
  remedy:
    | string
    | Remedies = 'Use another copy of it, or another backup; "nestjs-backup verify" checks every byte of an archive.',
): BackupError {
  const details = typeof remedy === 'string' ? { remedy } : remedy;
  return new BackupError('ARCHIVE_INVALID', `The archive cannot be used: ${clause(problem)}.`, { ...details, cause });
}

/** @param limit a key of the option `archiveLimits` */
export function overLimit(problem: string, limit: string): BackupError {
  const remedy = `If you trust the source of the archive, raise the option archiveLimits.${limit}.`;
  return archiveInvalid(problem, undefined, remedy);
}
