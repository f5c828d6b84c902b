import { loadAge } from './load-age.js';

/** A key pair of age, as texts. */
export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

/**
 * @param kind `hybrid` is also safe from quantum computers; its recipient has two thousand characters
 * @throws BackupError `MISSING_PACKAGE` without age-encryption
 */
export async function makeKeyPair(kind: 'X25519' | 'hybrid'): Promise<KeyPair> {
  const { generateHybridIdentity, generateX25519Identity, identityToRecipient } = await loadAge();
  const identity = await (kind === 'hybrid' ? generateHybridIdentity() : generateX25519Identity());
  return { identity, recipient: await identityToRecipient(identity) };
}
