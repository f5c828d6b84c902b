import type { Readable } from 'node:stream';
import type { ByteSource } from '../support/byte-source.js';
import type { StoredReference } from '../store/open-stored.js';
import type { StoredArchives } from '../store/stored-archives.js';
import { openArchive, type OpenArchiveOptions, type OpenedArchive } from './read/open-archive.js';

/**
 * Where an archive is: a path; a stream, which is spooled to a temporary file as it comes; bytes that can be read at any
 * place, which are closed in the end; or a backup in a destination, of which nothing is kept on this machine.
 */
export type ArchiveSource = string | Readable | ByteSource | StoredReference;

type OpenFromOptions = Omit<OpenArchiveOptions, 'ownKey' | 'id'> & { readonly plaintext?: boolean };

/**
 * An encrypted archive for which no key is given is opened with the application's own.
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
  // A key that is at hand is not for what is meant to be plain.
  const key = plaintext && !encrypted ? undefined : options.key;
  return openArchive(bytes, { ...all, key, id });
}
