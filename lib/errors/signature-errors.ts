import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** @param index of the key among `count`; without it the list or the file is wrong */
export function invalidSigner(problem: string, index?: number, count = 1): BackupError {
  const which =
    index === undefined
      ? 'The trusted signers cannot be used'
      : `Trusted signer ${index + 1} of ${count} cannot be used`;
  const remedy = 'Give public keys as ssh-keygen writes them to a .pub file, one a line.';
  return new BackupError('INVALID_SIGNER', `${which}: ${clause(problem)}.`, { remedy });
}

export function signingFailed(problem: string, cause?: unknown): BackupError {
  const remedy = 'Check the option signingKey and what it asks, then run the backup again.';
  return new BackupError('SIGNING_FAILED', `The backup could not be signed: ${clause(problem)}.`, { remedy, cause });
}

/** The archive has no signature, although only those of trusted signers are accepted. */
export function signatureMissing(): BackupError {
  return new BackupError(
    'SIGNATURE_MISSING',
    'The archive cannot be used: it is not signed, and only archives of trusted signers are accepted.',
    {
      remedy:
        'Use a backup that was signed. If you know where this one comes from, restore it where trustedSigners is not set.',
    },
  );
}

/** @param fingerprint of the key that signed it */
export function signatureUntrusted(fingerprint: string): BackupError {
  return new BackupError(
    'SIGNATURE_UNTRUSTED',
    `The archive cannot be used: it is signed with the key ${fingerprint}, which is not one of the trusted signers.`,
    { remedy: 'Use a backup of a trusted signer. If that key is yours, add its public key to trustedSigners.' },
  );
}

/** Of the archive's own signature, whoever is trusted. */
export function signatureInvalid(problem: string): BackupError {
  return new BackupError('SIGNATURE_INVALID', `The archive cannot be used: ${clause(problem)}.`, {
    remedy: 'Use another copy of it, or another backup: this one is damaged, or somebody has changed it.',
  });
}
