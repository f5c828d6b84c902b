import { DATABASE_ENTRY } from '../../archive/entry-names.js';
import type { ArchiveEntry } from '../../archive/read/entry-table.js';
import type { RunProgress } from '../../audit/run-progress.js';
import { aborted } from '../../errors/run-errors.js';
import { readTables } from '../../jsonl/reader.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import type { ArchiveSignature } from './archive-signature.js';
import { ContentCheck } from './check-contents.js';
import { dataEntry, isOwnEntry } from './check-entries.js';
import type { OpenedArchive } from './open-archive.js';

/** How far it is. */
export interface VerifyProgress extends RunProgress {
  /** Of the archive's bytes (`OpenedArchive.size`); of a restore test, of the files' content. */
  readonly bytes: number;
}

export interface VerifyOptions {
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

/** What was read, and found to be as the manifest says. */
export interface VerifyReport {
  readonly manifest: BackupManifest;
  readonly encrypted: boolean;
  /** Who signed it; null when it is not signed. */
  readonly signature: ArchiveSignature | null;
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  /** Whether it was restored beside the application and came back as it was. */
  readonly restoreTest: boolean;
}

/**
 * Reads every byte of an archive and holds it against its manifest: checksums, sizes, every line, every table's digest,
 * every file.
 * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `ABORTED`
 */
export async function verifyArchive(
  archive: OpenedArchive,
  { onProgress = () => {}, signal }: VerifyOptions = {},
): Promise<VerifyReport> {
  const { manifest } = archive;
  const sums = { rows: 0, files: 0, bytes: 0 };
  const total = { ...sumsOf(manifest), bytes: archive.size };
  const advance = (name: string, { compressedSize }: ArchiveEntry, part: number) => {
    if (signal?.aborted) throw aborted(signal.reason);
    const bytes = sums.bytes + Math.round(compressedSize * part);
    const phase = sums.rows < total.rows ? 'database' : 'files';
    onProgress({ phase, name, ...sums, bytes, total, work: { done: bytes, total: total.bytes } });
  };

  const readRows = async (entry: ArchiveEntry) => {
    const onRead = (name: string, rows: number) => {
      sums.rows += rows;
      advance(name, entry, sums.rows / total.rows);
    };
    const tables = readTables(await archive.readLines(), manifest, { onRead });
    for await (const { batches } of tables) for await (const _ of batches);
  };

  const check = new ContentCheck(manifest, archive.dataEntries(), Object.keys(manifest.files));
  for (const entry of archive.entries()) {
    advance(entry.name, entry, 0);
    if (entry.name === DATABASE_ENTRY) {
      await readRows(entry);
    } else {
      let read = 0;
      const chunks = isOwnEntry(entry) ? archive.chunks(entry) : check.of(dataEntry(entry), archive.chunks(entry));
      for await (const chunk of chunks) advance(entry.name, entry, (read += chunk.length) / entry.size);
    }
    sums.bytes += entry.compressedSize;
    if (entry.name.includes('/') && !entry.isDirectory) sums.files++;
  }
  check.finish();
  // Each table had its rows, each file its size and content; that no file is missing was found when the archive was opened.
  return reportOf(archive);
}

/** The report about an archive of which everything was read. */
export function reportOf({ manifest, encrypted, signature }: OpenedArchive): VerifyReport {
  return {
    manifest,
    encrypted,
    signature,
    tables: manifest.tables.map(({ name, rows }) => ({ name, rows })),
    files: manifest.files,
    restoreTest: false,
  };
}

function sumsOf({ tables, files }: BackupManifest): { rows: number; files: number } {
  return {
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    files: Object.values(files).reduce((sum, { count }) => sum + count, 0),
  };
}
