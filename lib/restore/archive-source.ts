import type { Readable } from 'node:stream';
import type { ByteSource } from '../byte-source.js';
import type { Destinations } from '../options/resolve-destinations.js';
import { openStored, type StoredReference } from '../store/open-stored.js';
import { openArchive, type OpenArchiveOptions, type OpenedArchive } from './read/open-archive.js';

/**
 * Where an archive is: a path; a stream, which is spooled to a temporary file as it comes; bytes that can be read at any
 * place, which are closed in the end; or a backup in a destination, of which nothing is kept on this machine.
 */
export type ArchiveSource = string | Readable | ByteSource | StoredReference;

/** @throws BackupError as `openArchive` and `openStored` */
export async function openFrom(
  source: ArchiveSource,
  destinations: Destinations,
  options: OpenArchiveOptions,
): Promise<OpenedArchive> {
  if (typeof source === 'string' || !('destination' in source)) return openArchive(source, options);
  const stored = await openStored(destinations, source);
  return openArchive(stored.source, { ...options, id: stored.id });
}
