import { type PublicKey, readPublicKey } from '../crypto/signature/public-key.js';
import { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import type { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';

const REMEDY = "Set a list of Ed25519 public keys as ssh-keygen writes them to a .pub file: ['ssh-ed25519 AAAA…'].";

/**
 * An option that is present but empty is a mistake, such as an environment variable that is not set: it must not lead to
 * archives of anybody being accepted.
 */
export function areSignersMissing(given: { readonly trustedSigners?: unknown }): boolean {
  if (!('trustedSigners' in given) || given.trustedSigners === null) return false;
  const { trustedSigners } = given;
  return trustedSigners === undefined || trustedSigners === '' || isEmpty(trustedSigners);
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.every((one) => one === undefined || one === '');
}

/** The error for that. */
export function missingSigners(): BackupError {
  const remedy = `${REMEDY} To accept archives without a signature leave the option out, or give null.`;
  return invalidOption('trustedSigners', 'it is empty, so archives of anybody would be accepted', remedy);
}

/** @throws BackupError `INVALID_OPTIONS`, naming the wrong one */
export function resolveTrustedSigners(given: readonly string[] | null | undefined): TrustedSigners | null {
  if (given === undefined || given === null) return null;
  if (!Array.isArray(given)) throw invalidOption('trustedSigners', 'it is not a list', REMEDY);
  return new TrustedSigners(
    given.map((line: unknown, index): PublicKey => {
      const key = readPublicKey(line);
      if (typeof key === 'string') throw invalidOption(`trustedSigners[${index}]`, key, REMEDY);
      return key;
    }),
  );
}
