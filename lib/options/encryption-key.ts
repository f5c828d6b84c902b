import { parseAesKey } from '../crypto/aes-key.js';
import type { BackupError } from '../errors/backup-error.js';
import { noAnswer } from '../errors/destination-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { DEFAULT_REMOTE_TIMEOUT_MS, withDeadline } from '../support/deadline.js';

/** 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes. */
export type AesKey = string | Uint8Array;
/** The key, or a function that gives it. */
export type EncryptionKey = AesKey | (() => AesKey | Promise<AesKey>);

/**
 * An option that is present but empty is a mistake, such as an environment variable that is not set: it must not lead to
 * unencrypted backups.
 */
export function isKeyMissing(given: { readonly encryptionKey?: unknown }): boolean {
  return 'encryptionKey' in given && (given.encryptionKey === undefined || given.encryptionKey === '');
}

/** The error for that. */
export function missingKey(given: { readonly encryptionKey?: unknown }): BackupError {
  const problem = `it is ${given.encryptionKey === '' ? 'empty' : 'undefined'}, so backups would not be encrypted`;
  const remedy =
    'Set the environment variable that it comes from. For backups without encryption leave the option out, or give null.';
  return invalidOption('encryptionKey', problem, remedy);
}

/**
 * A literal key is checked immediately, the result of a function whenever it is called.
 * @param timeout how long a function may take, in milliseconds
 * @throws BackupError `INVALID_OPTIONS`; so does the returned function, which also passes on what the application's throws
 */
export function resolveEncryptionKey(
  given: EncryptionKey | null | undefined,
  timeout = DEFAULT_REMOTE_TIMEOUT_MS,
): (() => Promise<Buffer>) | null {
  if (given === undefined || given === null) return null;
  if (typeof given === 'function') {
    const late = () => noAnswer('the function encryptionKey', timeout);
    return async () => parse(await withDeadline(timeout, (async () => given())(), late));
  }
  parse(given).fill(0);
  return async () => parse(given);
}

function parse(key: AesKey): Buffer {
  try {
    return parseAesKey(key);
  } catch {
    // Not the code for a key in a request: here it is the application that has to be corrected.
    const remedy = 'Set 64 hexadecimal digits, base64 of 32 bytes, 32 bytes, or a function that returns one of these.';
    throw invalidOption('encryptionKey', 'the value is not an AES key', remedy);
  }
}
