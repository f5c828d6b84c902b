import type { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { knownOptions } from '../support/nearest.js';

/**
 * The error for an option that does not exist.
 * @param prefix of a nested option, for the error: `wrongKeys.`
 */
export function unknownOption(name: string, known: Iterable<string>, prefix: string): BackupError {
  return invalidOption(`${prefix}${name}`, 'unknown option', knownOptions(name, known));
}
