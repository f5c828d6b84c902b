import type { Readable } from 'node:stream';
import { parseAesKey } from '../crypto/aes-key.js';
import { Identities } from '../crypto/age/identities.js';
import type { StoredReference } from '../store/open-stored.js';
import type { StoredArchives } from '../store/stored-archives.js';
import type { ByteSource } from '../support/byte-source.js';
import { type OpenArchiveOptions, type OpenedArchive, openArchive } from './read/open-archive.js';
import type { RestoreOptions } from './restore-report.js';

/**
 * Where an archive is: a path; a stream, which is spooled to a temporary file as it arrives; bytes with random access,
 * which are closed in the end; or a backup in a destination, of which nothing is kept on this machine.
 */
export type ArchiveSource = string | Readable | ByteSource | StoredReference;

type OpenFromOptions = Omit<OpenArchiveOptions, 'ownKey' | 'ownIdentities' | 'id'> & { readonly plaintext?: boolean };

/**
 * Without a key or an identity, an encrypted archive is opened with the application's own, or its key service.
 * @throws BackupError as `openArchive` and `StoredArchives.open`; what the option's function throws
 */
export async function openFrom(
  source: ArchiveSource,
  stored: StoredArchives,
  { plaintext, ...options }: OpenFromOptions,
): Promise<OpenedArchive> {
  const all = { ...options, ownKey: stored.ownKey, ownIdentities: stored.ownIdentities };
  if (typeof source === 'string' || !('destination' in source)) return openArchive(source, all);
  const { id, encrypted, source: bytes } = await stored.open(source, options.key, plaintext);
  // A configured key is not meant for an archive that is explicitly unencrypted.
  const keys = plaintext && !encrypted ? { key: undefined, identities: undefined } : {};
  return openArchive(bytes, { ...all, ...keys, id });
}

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
