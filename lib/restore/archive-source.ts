import type { Readable } from 'node:stream';
import { parseAesKey } from '../crypto/aes-key.js';
import { Identities } from '../crypto/age/identities.js';
import { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
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
 * Without a key or an identity, an encrypted archive is opened with the application's own, or its key service. Without
 * signers, those of the application must have signed it.
 * @throws BackupError as `openArchive` and `StoredArchives.open`; what the option's function throws
 */
export async function openFrom(
  source: ArchiveSource,
  stored: StoredArchives,
  { plaintext, ...options }: OpenFromOptions,
): Promise<OpenedArchive> {
  checkSource(source);
  const { ownKey, ownIdentities, trustedSigners } = stored;
  const all = { ...options, signers: options.signers ?? trustedSigners, ownKey, ownIdentities };
  if (typeof source === 'string' || !('destination' in source)) return openArchive(source, all);
  const { id, createdAt, encrypted, source: bytes } = await stored.open(source, options.key, plaintext);
  // A configured key is not meant for an archive that is explicitly unencrypted.
  const keys = plaintext && !encrypted ? { key: undefined, identities: undefined } : {};
  const archive = await openArchive(bytes, { ...all, ...keys, id });
  // Its name and its summary say when it was made, and signers vouch for both: an older one in its place is not it.
  if (!archive.signature?.trusted || archive.manifest.createdAt === createdAt.toISOString()) return archive;
  await archive.close();
  throw archiveInvalid(
    `it was made at ${archive.manifest.createdAt}, and is not the backup of ${createdAt.toISOString()}`,
  );
}

/** @throws BackupError `WRONG_USAGE` for what no archive can be read from */
function checkSource(source: unknown): void {
  if (typeof source === 'string') return;
  const { destination, pipe, read, close } = Object(source) as Record<string, unknown>;
  const isStream = typeof pipe === 'function';
  const isBytes = typeof read === 'function' && typeof close === 'function';
  if (isStream || isBytes || typeof destination === 'string') return;
  const remedy =
    'Give one of these; Readable.from([buffer]) makes a stream of a Buffer, and fileURLToPath(url) a path.';
  throw wrongUsage('the archive is no path, no readable stream and no backup in a destination', remedy);
}

/** What callers may give to open an archive. */
export type GivenKeys = Pick<RestoreOptions, 'aesKey' | 'identity' | 'trustedSigners'>;

/** As the readers of archives take them; `key` is to be zeroised. */
export interface ReadKeys {
  readonly key: Buffer | undefined;
  readonly identities: Identities | undefined;
  /** Undefined: those of the application. */
  readonly signers: TrustedSigners | undefined;
}

/** @throws BackupError `INVALID_AES_KEY`, `INVALID_IDENTITY`, `INVALID_SIGNER` */
export function readKeys({ aesKey, identity, trustedSigners }: GivenKeys): ReadKeys {
  const signers = trustedSigners && TrustedSigners.parse(trustedSigners);
  const identities = typeof identity === 'string' ? Identities.parse(identity) : identity;
  return { key: aesKey === undefined ? undefined : parseAesKey(aesKey), identities, signers };
}

/** Whether the archive is expected to be encrypted. */
export function expectsEncrypted({ aesKey, identity }: GivenKeys): boolean {
  return aesKey !== undefined || identity !== undefined;
}
