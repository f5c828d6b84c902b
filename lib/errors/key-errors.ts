import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';
import { missingPackage } from './usage-errors.js';

/** @param index of the recipient among `count`; without it the list is wrong */
export function invalidRecipient(problem: string, index?: number, count = 1): BackupError {
  const which =
    index === undefined ? 'The recipients' : count === 1 ? 'The recipient' : `Recipient ${index + 1} of ${count}`;
  const remedy = 'Make a key pair with age-keygen: the line "public key" has the recipient.';
  return new BackupError('INVALID_RECIPIENT', `${which} cannot be used: ${clause(problem)}.`, { remedy });
}

export function invalidIdentity(problem: string): BackupError {
  const remedy = 'Give the content of a file that age-keygen has made, with or without a passphrase.';
  return new BackupError('INVALID_IDENTITY', `The identity cannot be used: ${clause(problem)}.`, { remedy });
}

/** @param id of the key; @param problem as the service tells it; @param cause must not contain a key */
export function keyServiceFailed(id: string, problem = 'it failed', cause?: unknown): BackupError {
  const remedy = 'Check that the key exists, is enabled, and may be used by this process, then try again.';
  return new BackupError('KEY_SERVICE_FAILED', `The key service "${id}" failed: ${clause(problem)}.`, {
    remedy,
    cause,
  });
}

/** @param cause of the failure to load it */
export function ageUnusable(cause: unknown): BackupError {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  const isMissing =
    typeof code === 'string' && code.endsWith('MODULE_NOT_FOUND') && String(message).includes('age-encryption');
  if (isMissing) return missingPackage('age-encryption', cause);
  const problem =
    'The package "age-encryption" consists of ES modules and cannot be loaded here, so nothing can be encrypted to recipients or opened with an identity.';
  const remedy =
    'Use Node.js 24.9 or later with NODE_OPTIONS=--experimental-vm-modules under Jest, or set the option recipients to null.';
  return new BackupError('MISSING_PACKAGE', problem, { remedy, cause });
}
