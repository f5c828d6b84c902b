import type { ArchiveWriter } from './archive-writer.js';
import { readAhead } from './read-ahead.js';
import { FileChangedError, fileChunks, type OpenedFile, openFile, wasChanged } from './read-file.js';
import { isCompressedKind } from './stored-kinds.js';
import { type FoundEntry, unreadableReason, walkDirectory } from './walk-directory.js';

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

interface Prepared {
  readonly found: FoundEntry;
  readonly file?: OpenedFile;
  readonly error?: unknown;
}

/** Few enough that the host's own file and DNS calls find a free thread in Node's pool of four. */
const FILES_AHEAD = 3;

/**
 * Adds every file below `path` as `<name>/<relative path>`. A file that vanishes, cannot be read or is cut while it is
 * read leaves no entry and is reported as skipped.
 * @param onProgress called with the number of bytes of each file, after it
 * @throws the system's error when the directory itself cannot be read, or the archive's when it is broken off
 */
export async function addDataDirectory(
  writer: ArchiveWriter,
  name: string,
  path: string,
  onProgress: (bytes: number) => void = () => {},
  left: ReadonlySet<string> = new Set(),
): Promise<DirectoryReport> {
  const report: DirectoryReport = { count: 0, bytes: 0, skipped: [], warnings: [] };
  for await (const prepared of readAhead(walkDirectory(path, left), FILES_AHEAD, prepare, discard)) {
    const { found, file, error } = prepared;
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

async function prepare(found: FoundEntry): Promise<Prepared> {
  if (found.kind !== 'file') return { found };
  try {
    return { found, file: await openFile(found.path) };
  } catch (error) {
    return { found, error };
  }
}

async function discard({ file }: Prepared): Promise<void> {
  if (file && 'handle' in file.content) await file.content.handle.close();
}

async function addFile(
  writer: ArchiveWriter,
  full: string,
  { stats, content }: OpenedFile,
  report: DirectoryReport,
): Promise<void> {
  const attributes = { modified: stats.mtime, mode: stats.mode & 0o7777, stored: isCompressedKind(full) };
  if ('bytes' in content) {
    await writer.addBytes(full, content.bytes, attributes);
    report.bytes += content.bytes.length;
    report.count++;
    return;
  }
  const { handle } = content;
  const reading: { error?: unknown } = {};
  try {
    const chunks = remember(fileChunks(handle, stats.size), reading);
    await writer.addStream(full, chunks, { ...attributes, discardOnError: true });
    if (await wasChanged(handle, stats)) report.warnings.push(`${full}: it was written to while it was read`);
    report.bytes += stats.size;
    report.count++;
  } catch (error) {
    if (reading.error === undefined) throw error;
    report.skipped.push({ path: full, reason: reasonOf(error) });
  } finally {
    await handle.close();
  }
}

/** Tells an error of the source from an error of the archive. */
async function* remember(chunks: AsyncIterable<Buffer>, reading: { error?: unknown }): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof FileChangedError ? error.reason : unreadableReason(error);
}
