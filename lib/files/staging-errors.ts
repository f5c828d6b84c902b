import { STAGING_NAME } from '../archive/entry-names.js';
import { BackupError } from '../errors/backup-error.js';
import {
  filesNotInPlace,
  replacedFilesRemain,
  restoreDamaged,
  restoreFailed,
  restoreRefused,
} from '../errors/restore-errors.js';

/** A configured data directory: its folder in the archive, and its path. */
export interface TargetDirectory {
  readonly name: string;
  readonly path: string;
}

type Named = Pick<TargetDirectory, 'name'>;

/** Why the system refused, as part of a sentence. */
export function systemReason(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message ?? error);
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** The system does not allow it at present: attributes, another user's folder, a read-only mount, something in use. */
export function isForbidden(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EACCES', 'EROFS', 'EBUSY');
}

/** Before the decision: the directory cannot take a restore in its present state. */
export function unsuitable(directory: Named, problem: string, remedy: string, cause?: unknown): BackupError {
  return restoreRefused(`the data directory "${directory.name}" ${problem}`, remedy, cause);
}

/** Before the decision: staging failed. An error of the content's own source is passed on unchanged. */
export function stagingFailed(directory: Named, relative: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const what = relative === '' ? `"${directory.name}"` : `"${directory.name}/${relative}"`;
  return restoreFailed(`the files of ${what} could not be staged (${systemReason(error)})`, error);
}

/** After the decision: nothing is lost, and the journal says where to continue. */
export function unfinished({ name, path }: TargetDirectory, error: unknown): BackupError {
  return error instanceof BackupError ? error : filesNotInPlace(name, path, systemReason(error), error);
}

/** After the decision: everything is in place, but what was replaced still exists. */
export function notRemoved(directory: TargetDirectory, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const { path = `${directory.path}/${STAGING_NAME}` } = error as NodeJS.ErrnoException;
  return replacedFilesRemain(directory.name, String(path), systemReason(error));
}

/** The staging folder is not in a state that any restore could have left. */
export function damagedStaging(path: string, problem: string, cause?: unknown): BackupError {
  return restoreDamaged(`"${path}" ${problem}`, cause);
}
