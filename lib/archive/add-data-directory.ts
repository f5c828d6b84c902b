import type { ArchiveWriter } from './archive-writer.js';
import type { Prepared } from './open-files.js';
import { FileChangedError, type OpenedFile } from './read-file.js';
import { isCompressedKind } from './stored-kinds.js';
import { unreadableReason } from './walk-directory.js';

/** What became of one data directory. */
export interface DirectoryReport {
  /** Files in the archive. */
  count: number;
  /** Their content, in bytes. */
  bytes: number;
  /** Files that should be in the archive and are not. */
  skipped: Array<{ path: string; reason: string }>;
  /** What is left out by design, or may be torn. */
  warnings: string[];
}

/**
 * Adds every file that is found as `<name>/<relative path>`. A file that vanishes, cannot be read or is cut while it is
 * read leaves no entry and is reported as skipped.
 * @param onProgress called with the number of bytes of each file, after it
 * @throws what `prepared` throws when the directory itself cannot be read, or the archive when it is broken off
 */
export async function addDataDirectory(
  writer: ArchiveWriter,
  name: string,
  prepared: AsyncIterable<Prepared>,
  onProgress: (bytes: number) => void = () => {},
): Promise<DirectoryReport> {
  const report: DirectoryReport = { count: 0, bytes: 0, skipped: [], warnings: [] };
  for await (const { found, file, error } of prepared) {
    const full = found.relative === '' ? name : `${name}/${found.relative}`;
    if (found.kind === 'empty-directory') await writer.addDirectory(full);
    else if (found.kind === 'special') report.warnings.push(`${full}: ${found.reason}, not followed and not saved`);
    else if (found.kind === 'left') report.warnings.push(`${full}: a file of the database, which is saved as rows`);
    else if (!file) report.skipped.push({ path: full, reason: found.reason ?? reasonOf(error) });
    else {
      const before = report.bytes;
      await addFile(writer, full, file, report);
      onProgress(report.bytes - before);
    }
  }
  return report;
}

async function addFile(
  writer: ArchiveWriter,
  full: string,
  { mtime, mode, content }: OpenedFile,
  report: DirectoryReport,
): Promise<void> {
  const attributes = { modified: mtime, mode: mode & 0o7777, stored: isCompressedKind(full) };
  if ('bytes' in content) {
    await writer.addBytes(full, content.bytes, attributes);
    report.bytes += content.bytes.length;
    report.count++;
    return;
  }
  const reading: Reading = { bytes: 0 };
  try {
    const chunks = remember(content.chunks(), reading);
    await writer.addStream(full, chunks, { ...attributes, discardOnError: true });
    if (await content.wasChanged()) report.warnings.push(`${full}: it was written to while it was read`);
    report.bytes += reading.bytes;
    report.count++;
  } catch (error) {
    if (reading.error === undefined) throw error;
    report.skipped.push({ path: full, reason: reasonOf(error) });
  } finally {
    await content.close();
  }
}

interface Reading {
  bytes: number;
  error?: unknown;
}

/** Counts, and tells an error of the source from an error of the archive. */
async function* remember(chunks: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      reading.bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof FileChangedError ? error.reason : unreadableReason(error);
}
