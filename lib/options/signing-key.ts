import { readPrivateKey } from '../crypto/signature/private-key.js';
import { readPublicKey } from '../crypto/signature/public-key.js';
import { SigningKey } from '../crypto/signature/signing-key.js';
import type { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import type { BackupError } from '../errors/backup-error.js';
import { noAnswer } from '../errors/destination-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { DEFAULT_REMOTE_TIMEOUT_MS, withDeadline } from '../support/deadline.js';

/** Signs with a key that the application does not have, such as one in an HSM or a KMS. */
export interface Signer {
  /** The Ed25519 public key as OpenSSH writes it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /**
   * Called for each backup, and for each summary or restore test that is recorded in a destination.
   * @param data about 100 bytes, to be signed as they are (pure Ed25519)
   * @returns the signature, 64 bytes
   */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The Ed25519 private key as text (OpenSSH, or PKCS#8 in PEM), or what signs with it. */
export type SigningSource = string | Signer;
/** The same, or a function that gives it. */
export type SigningKeyOption = SigningSource | (() => SigningSource | Promise<SigningSource>);

const REMEDY =
  'Set an Ed25519 private key without a passphrase (ssh-keygen -t ed25519), an object { publicKey, sign }, or a function that returns one of these.';

/** An option that is present but empty is a mistake, such as an environment variable that is not set. */
export function isSigningKeyMissing(given: { readonly signingKey?: unknown }): boolean {
  return 'signingKey' in given && (given.signingKey === undefined || given.signingKey === '');
}

/** The error for that. */
export function missingSigningKey(): BackupError {
  const remedy =
    'Set the environment variable that it comes from. For backups without a signature leave the option out, or give null.';
  return invalidOption('signingKey', 'it is empty, so backups would not be signed', remedy);
}

/**
 * A literal key is checked immediately, the result of a function whenever it is called.
 * @param trusted a key whose signatures the application would itself refuse is a mistake
 * @param timeout how long a function may take, in milliseconds
 * @throws BackupError `INVALID_OPTIONS`; so does the returned function, which also passes on what the application's throws
 */
export function resolveSigningKey(
  given: SigningKeyOption | null | undefined,
  trusted: TrustedSigners | null,
  timeout = DEFAULT_REMOTE_TIMEOUT_MS,
): (() => Promise<SigningKey>) | null {
  if (given === undefined || given === null) return null;
  const read = (source: unknown) => refuseUntrusted(parse(source, timeout), trusted);
  if (typeof given === 'function') {
    const late = () => noAnswer('the function signingKey', timeout);
    return async () => read(await withDeadline(timeout, (async () => given())(), late));
  }
  const key = read(given);
  return async () => key;
}

function parse(source: unknown, timeout: number): SigningKey {
  if (typeof source === 'string') {
    const key = readPrivateKey(source);
    if (typeof key === 'string') throw invalidOption('signingKey', key, REMEDY);
    return SigningKey.of(key);
  }
  const { publicKey, sign } = (source ?? {}) as Partial<Signer>;
  if (typeof sign !== 'function') throw invalidOption('signingKey', 'the value is invalid', REMEDY);
  const key = readPublicKey(publicKey);
  if (typeof key === 'string') throw invalidOption('signingKey.publicKey', key, REMEDY);
  const late = () => noAnswer('signingKey.sign', timeout);
  const signer = source as Signer;
  return new SigningKey(key, (data) => withDeadline(timeout, (async () => signer.sign(data))(), late));
}

function refuseUntrusted(key: SigningKey, trusted: TrustedSigners | null): SigningKey {
  if (!trusted || trusted.has(key.publicKey)) return key;
  const problem = `its public key ${key.publicKey.fingerprint} is not one of trustedSigners, so this application would refuse its own backups`;
  throw invalidOption('signingKey', problem, `Give trustedSigners that one as well: '${key.publicKey.toString()}'.`);
}
