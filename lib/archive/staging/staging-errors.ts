import { BackupError } from '../../backup.errors.js';
import { visible } from '../../support/visible-text.js';
import { STAGING_NAME } from '../entry-names.js';

/** A configured data directory: its folder in the archive, and where it is. */
export interface TargetDirectory {
  readonly name: string;
  readonly path: string;
}

type Named = Pick<TargetDirectory, 'name'>;

/** Why the system refused, as it stands in a sentence. */
export function systemReason(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message ?? error);
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** The system does not allow it, now: attributes, somebody else's folder, a read-only mount, something that is in use. */
export function isForbidden(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EACCES', 'EROFS', 'EBUSY');
}

/** Before the decision: the directory cannot take a restore as it is. */
export function unsuitable(directory: Named, problem: string, remedy: string, cause?: unknown): BackupError {
  const { message } = BackupError.restoreRefused(`the data directory "${directory.name}" ${problem}`, remedy);
  return new BackupError('RESTORE_REFUSED', message, { cause });
}

/** Before the decision: it was tried. What the content's own source says is passed on as it is. */
export function stagingFailed(directory: Named, relative: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const what = relative === '' ? `"${directory.name}"` : `"${directory.name}/${relative}"`;
  return BackupError.restoreFailed(`the files of ${what} could not be staged (${systemReason(error)})`, error);
}

/** After the decision: nothing is lost, and the journal says where to go on. */
export function unfinished(directory: TargetDirectory, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  return new BackupError(
    'OUTCOME_UNKNOWN',
    `The files of the data directory "${directory.name}" (${directory.path}) could not be put in place completely ` +
      `(${systemReason(error)}). Nothing is lost: remove the cause, and the next start, or the next restore, finishes it.`,
    { cause: error },
  );
}

/** After the decision: everything is in place, and what was replaced is still there. */
export function notRemoved(directory: TargetDirectory, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const { path = `${directory.path}/${STAGING_NAME}` } = error as NodeJS.ErrnoException;
  return new BackupError(
    'RESTORE_UNFINISHED',
    `What a restore has replaced in the data directory "${directory.name}" could not be removed: ` +
      `${visible(JSON.stringify(String(path)))} (${systemReason(error)}). All new files are in place. Give it to the user of this process, ` +
      'or take away its attributes "immutable" and "append only" (lsattr, chattr -i -a); the next start, backup or restore removes it.',
  );
}

/** The staging folder is not as any restore could have left it. */
export function damagedStaging(path: string, problem: string, cause?: unknown): BackupError {
  return new BackupError(
    'RESTORE_FAILED',
    `The restore that was cut off cannot be finished: "${path}" ${problem}. Nothing was changed. ` +
      'It may hold the only copy of files: look into it, save what is needed, then remove it.',
    { cause },
  );
}
