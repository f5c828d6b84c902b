import { DATABASE_ENTRY } from '../../archive/entry-names.js';
import type { ArchiveEntry } from '../../archive/entry-table.js';
import { BackupError } from '../../backup.errors.js';
import type { BackupManifest } from '../../backup/manifest.js';
import { type LineReaderOptions, readTables } from './line-reader.js';
import type { OpenedArchive } from './open-archive.js';

/** How far it is. */
export interface VerifyProgress {
  /** The table or the entry that is being read. */
  readonly name: string;
  /** Of the archive's bytes (`OpenedArchive.size`); of a proof of restore, of the files' content. */
  readonly bytes: number;
}

export interface VerifyOptions extends LineReaderOptions {
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/** What was read, and found to be as the manifest says. */
export interface VerifyReport {
  readonly manifest: BackupManifest;
  readonly encrypted: boolean;
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  /** Whether it was restored beside the application and came back as it was. */
  readonly restored: boolean;
}

/**
 * Reads every byte of an archive and holds it against its manifest: checksums, sizes, every line, every table's digest,
 * every file.
 * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `ABORTED`
 */
export async function verifyArchive(
  archive: OpenedArchive,
  { onProgress = () => {}, signal, ...limits }: VerifyOptions = {},
): Promise<VerifyReport> {
  const { manifest } = archive;
  let before = 0;
  const advance = (name: string, { compressedSize }: ArchiveEntry, part: number) => {
    if (signal?.aborted) throw BackupError.aborted(signal.reason);
    onProgress({ name, bytes: before + Math.round(compressedSize * part) });
  };

  const readRows = async (entry: ArchiveEntry) => {
    const total = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
    let rows = 0;
    for await (const { table, batches } of readTables(await archive.readLines(), manifest, {
      ...archive.limits,
      ...limits,
    })) {
      for await (const batch of batches) {
        rows += batch.length;
        advance(table.name, entry, rows / total);
      }
    }
  };

  for (const entry of archive.entries()) {
    advance(entry.name, entry, 0);
    if (entry.name === DATABASE_ENTRY) await readRows(entry);
    else {
      let read = 0;
      for await (const chunk of archive.chunks(entry)) advance(entry.name, entry, (read += chunk.length) / entry.size);
    }
    before += entry.compressedSize;
  }
  // Each table had its rows, each file its size; that no file is missing was found when the archive was opened.
  return reportOf(archive);
}

/** The report about an archive of which everything was read. */
export function reportOf({ manifest, encrypted }: OpenedArchive): VerifyReport {
  return {
    manifest,
    encrypted,
    tables: manifest.tables.map(({ name, rows }) => ({ name, rows })),
    files: manifest.files,
    restored: false,
  };
}
