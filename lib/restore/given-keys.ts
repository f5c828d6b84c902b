import { parseAesKey } from '../crypto/aes-key.js';
import { Identities } from '../crypto/age/identities.js';
import type { RestoreOptions } from './restore-report.js';

/** What callers may give to open an archive. */
export type GivenKeys = Pick<RestoreOptions, 'aesKey' | 'identity'>;

/** As the readers of archives take them; `key` is to be zeroised. */
export interface ReadKeys {
  readonly key: Buffer | undefined;
  readonly identities: Identities | undefined;
}

/** @throws BackupError `INVALID_AES_KEY`, `INVALID_IDENTITY` */
export function readKeys({ aesKey, identity }: GivenKeys): ReadKeys {
  const identities = typeof identity === 'string' ? Identities.parse(identity) : identity;
  return { key: aesKey === undefined ? undefined : parseAesKey(aesKey), identities };
}

/** Whether the archive is expected to be encrypted. */
export function expectsEncrypted({ aesKey, identity }: GivenKeys): boolean {
  return aesKey !== undefined || identity !== undefined;
}
