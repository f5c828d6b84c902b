import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The archive, or the place for it, does not fit; nothing of it is kept. */
export function uploadRefused(problem: string, remedy: string, cause?: unknown): BackupError {
  return new BackupError('UPLOAD_REFUSED', `The upload was refused: ${clause(problem)}.`, { remedy, cause });
}

export function emptyUpload(): BackupError {
  return uploadRefused('the file is empty', 'Choose a file that was downloaded from here.');
}

/** @param bytes that it has, and that the option allows */
export function uploadTooLarge(bytes: { readonly size: number; readonly most: number }): BackupError {
  const problem = `it has ${bytes.size} bytes, and the option uploads.maxBytes allows ${bytes.most}`;
  return uploadRefused(problem, 'Raise the option, or restore the file on the command line.');
}

export function alreadyStored(destination: string, id: string): BackupError {
  const remedy = 'Use the one that is stored. To replace it, delete its objects from the destination first.';
  return uploadRefused(`"${destination}" already has objects of backup ${id}`, remedy);
}

export function plaintextUpload(): BackupError {
  const problem = 'the archive is not encrypted, although this application encrypts its backups';
  return uploadRefused(problem, 'Set plaintext: true to store it as it is, or restore the file on the command line.');
}

/** @param bytes that are needed, and that are there */
export function noRoomForUpload(destination: string, bytes: { readonly needed: number; readonly free: number }) {
  const { needed, free } = bytes;
  const problem = `the disk of "${destination}" has room for ${free} bytes, and the upload needs up to ${needed}`;
  return uploadRefused(problem, 'Choose another destination, or free some space.');
}
