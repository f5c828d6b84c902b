import type { Readable } from 'node:stream';
import type { StoredReference } from '../store/open-stored.js';
import type { StoredArchives } from '../store/stored-archives.js';
import type { ByteSource } from '../support/byte-source.js';
import { type OpenArchiveOptions, type OpenedArchive, openArchive } from './read/open-archive.js';

/**
 * Where an archive is: a path; a stream, which is spooled to a temporary file as it arrives; bytes with random access,
 * which are closed in the end; or a backup in a destination, of which nothing is kept on this machine.
 */
export type ArchiveSource = string | Readable | ByteSource | StoredReference;

type OpenFromOptions = Omit<OpenArchiveOptions, 'ownKey' | 'id'> & { readonly plaintext?: boolean };

/**
 * Without a key, an archive that is encrypted with one is opened with the application's own.
 * @throws BackupError as `openArchive` and `StoredArchives.open`; what the option's function throws
 */
export async function openFrom(
  source: ArchiveSource,
  stored: StoredArchives,
  { plaintext, ...options }: OpenFromOptions,
): Promise<OpenedArchive> {
  const all = { ...options, ownKey: stored.ownKey };
  if (typeof source === 'string' || !('destination' in source)) return openArchive(source, all);
  const { id, encrypted, source: bytes } = await stored.open(source, options.key, plaintext);
  // A configured key is not meant for an archive that is explicitly unencrypted.
  const keys = plaintext && !encrypted ? { key: undefined, identities: undefined } : {};
  return openArchive(bytes, { ...all, ...keys, id });
}
