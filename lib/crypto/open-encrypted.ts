import type { ByteSource } from '../support/byte-source.js';
import { isAge, openAge } from './age/age-source.js';
import type { Identities } from './age/identities.js';
import { isEncrypted, openDecrypted } from './decrypted-source.js';

/** What opens an encrypted archive. With a key or identities, an unencrypted one is refused. */
export interface OpeningKeys {
  /** Of an archive that was encrypted with an AES key. */
  readonly key?: Uint8Array;
  /** For an archive that was encrypted to recipients. */
  readonly identities?: Identities;
  /** Without `key`: gives the one for an archive that was encrypted with an AES key, if there is one. */
  readonly ownKey?: () => Promise<Uint8Array>;
}

/**
 * The plaintext of an archive of any kind, with what fits it. One that is encrypted, and for which there is nothing, is
 * returned as it is: whoever expects a ZIP there says what is missing. Closing the result closes `source`; when opening
 * fails, `source` stays open.
 * @throws BackupError `DECRYPTION_FAILED`; as `openAge`; what `ownKey` throws
 */
export async function openEncrypted(source: ByteSource, keys: OpeningKeys): Promise<ByteSource> {
  const { key, identities, ownKey } = keys;
  if (identities && (await isAge(source))) return openAge(source, identities);
  const isAes = await isEncrypted(source);
  const used = key ?? (isAes ? await ownKey?.() : undefined);
  if (used) return openDecrypted(source, used);
  return identities && !isAes ? openAge(source, identities) : source;
}
