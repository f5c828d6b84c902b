import { BackupError } from '../errors/backup-error.js';
import { isMissing, whatHappened } from './s3-errors.js';

/** What happened to an object of a data directory, in words; with an error code only if it does not exist. */
export function storeFailure(bucket: string, key: string, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  if (isMissing(error)) {
    return Object.assign(new Error(`bucket "${bucket}" has no object "${key}"`, { cause: error }), { code: 'ENOENT' });
  }
  const what = whatHappened(bucket, error);
  return what === undefined ? error : new Error(what, { cause: error });
}
