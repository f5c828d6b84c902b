import { setImmediate } from 'node:timers/promises';
import { EntriesDigest } from '../../archive/entries-digest.js';
import {
  DATABASE_ENTRY,
  MANIFEST_ENTRY,
  MIGRATIONS_ENTRY,
  SIGNATURE_ENTRY,
  VERSION_ENTRY,
} from '../../archive/entry-names.js';
import type { ArchiveReader } from '../../archive/read/archive-reader.js';
import type { ArchiveEntry } from '../../archive/read/entry-table.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import { displayName } from '../../support/visible-text.js';

const OWN: ReadonlySet<string> = new Set([
  VERSION_ENTRY,
  MIGRATIONS_ENTRY,
  DATABASE_ENTRY,
  MANIFEST_ENTRY,
  SIGNATURE_ENTRY,
]);
const ENTRIES_AT_A_TIME = 5000;

/** A file or a directory of one of the archive's data directories. */
export interface DataEntry {
  /** The data directory's name in the archive. */
  readonly directory: string;
  /** The path below it; empty for the data directory itself. */
  readonly relative: string;
  readonly entry: ArchiveEntry;
}

/** The entries of the data directories, in order. */
export function* dataEntries(reader: ArchiveReader): Generator<DataEntry> {
  for (const entry of reader.entries()) if (!isOwnEntry(entry)) yield dataEntry(entry);
}

/** Whether an entry is one of the archive's own, and belongs to no data directory. */
export function isOwnEntry({ name }: ArchiveEntry): boolean {
  return OWN.has(name);
}

/** Any other entry. */
export function dataEntry(entry: ArchiveEntry): DataEntry {
  const slash = entry.name.indexOf('/');
  const directory = slash < 0 ? entry.name : entry.name.slice(0, slash);
  return { directory, relative: slash < 0 ? '' : entry.name.slice(slash + 1), entry };
}

/**
 * Holds the directory of the archive against its manifest: every entry accounted for, every file there, and, of
 * archives that say so, that names, modes and times are those that were written, unless another
 * program has packed it anew, which a signed one does not allow. Nothing is read.
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function checkEntries(reader: ArchiveReader, manifest: BackupManifest): Promise<void> {
  const { files, entries, signer } = manifest;
  const found = new Map(Object.keys(files).map((name) => [name, { count: 0, bytes: 0 }]));
  const digest = new EntriesDigest();
  // Another program that has packed an archive anew gave its entries modes and times of its own, and no such field.
  let isAsWritten = signer !== undefined;
  for (const entry of reader.entries()) {
    if (entry.index % ENTRIES_AT_A_TIME === 0) await setImmediate();
    const { name, isDirectory, mode, mtimeMs, hasExactTime } = entry;
    digest.add(isDirectory ? `${name}/` : name, mode, mtimeMs);
    if (isOwnEntry(entry)) continue;
    isAsWritten ||= hasExactTime;
    const { directory, relative } = dataEntry(entry);
    const sums = found.get(directory);
    if (!sums || (relative === '' && !entry.isDirectory)) {
      throw archiveInvalid(`its entry ${displayName(entry.name)} is not accounted for by the manifest`);
    }
    if (!entry.isDirectory) {
      sums.count++;
      sums.bytes += entry.size;
    }
  }
  for (const [name, { count, bytes }] of found) {
    const expected = files[name]!;
    if (count === expected.count && bytes === expected.bytes) continue;
    throw archiveInvalid(
      `directory ${displayName(name)} has ${count} files with ${bytes} bytes, and ${expected.count} with ${expected.bytes} by the manifest`,
    );
  }
  if (isAsWritten && entries !== undefined && entries !== digest.digest()) {
    throw archiveInvalid(
      'its directory is damaged: names, modes or times of its files are not those that were written',
    );
  }
}
