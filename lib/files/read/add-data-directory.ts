import type { ArchiveWriter } from '../../archive/archive-writer.js';
import { isCompressedKind } from './compressed-kinds.js';
import type { Prepared } from './prepared.js';
import { FileChangedError, type FileDetails, type OpenedFile, type StreamedFile } from './read-file.js';
import { UnkeptDetails } from './unkept-details.js';
import { unreadableReason } from './walk-directory.js';

/** The outcome for one data directory. */
export interface DirectoryReport {
  /** Files in the archive. */
  count: number;
  /** Total size of their content, in bytes. */
  bytes: number;
  /** Files that should be in the archive but are not. */
  skipped: Array<{ path: string; reason: string }>;
  /** What is left out by design, or was written to during the backup. */
  warnings: string[];
}

/** Receives progress in bytes. */
export interface DirectoryListener {
  /** Called after each file with its size. */
  readonly onFile?: (bytes: number) => void;
  /** Called while a file is read in pieces, with the number of its bytes read so far. */
  readonly onPart?: (bytes: number) => void;
}

/** How often a large file is read if it is written to each time; what was read of it remains in the ZIP, unlisted. */
const READS = 3;
const DIRECTORY_MODE = 0o755;
const MODE_BITS = 0o7777;

/**
 * Adds every file found as `<name>/<relative path>`. A file that vanishes, cannot be read, or is written to every time
 * it is read leaves no entry and is reported as skipped.
 * @throws what `prepared` throws when the directory itself cannot be read, or the archive's error when it fails
 */
export async function addDataDirectory(
  writer: ArchiveWriter,
  name: string,
  prepared: AsyncIterable<Prepared>,
  listener: DirectoryListener = {},
): Promise<DirectoryReport> {
  const report: DirectoryReport = { count: 0, bytes: 0, skipped: [], warnings: [] };
  const unkept = new UnkeptDetails();
  for await (const { found, file, error } of prepared) {
    const full = found.relative === '' ? name : `${name}/${found.relative}`;
    if (found.kind === 'directory') {
      const { mode = DIRECTORY_MODE, mtimeMs } = found.stats ?? {};
      await writer.addDirectory(full, { mode: mode & MODE_BITS, mtimeMs });
      if (found.stats) unkept.seeDirectory(full, found.stats, found.relative === '');
    } else if (found.kind === 'special') {
      report.warnings.push(`${full}: ${found.reason}, not followed and not saved`);
    } else if (found.kind === 'left') {
      report.warnings.push(`${full}: a database file, not saved because its content is saved as rows`);
    } else if (!file) {
      report.skipped.push({ path: full, reason: found.reason ?? reasonOf(error) });
    } else {
      const before = report.bytes;
      if (await addFile(writer, full, file, report, listener.onPart)) unkept.seeFile(full, file.details);
      listener.onFile?.(report.bytes - before);
    }
  }
  report.warnings.push(...unkept.warnings());
  return report;
}

/** Adds what another walk has found; what it found again is not reported twice. */
export function joinReports(report: DirectoryReport, more: DirectoryReport): DirectoryReport {
  report.count += more.count;
  report.bytes += more.bytes;
  const known = new Set([...report.warnings, ...report.skipped.map(({ path }) => path)]);
  report.warnings.push(...more.warnings.filter((warning) => !known.has(warning)));
  report.skipped.push(...more.skipped.filter(({ path }) => !known.has(path)));
  return report;
}

/** @returns whether it is in the archive */
async function addFile(
  writer: ArchiveWriter,
  full: string,
  { details, content }: OpenedFile,
  report: DirectoryReport,
  onPart?: (bytes: number) => void,
): Promise<boolean> {
  if ('chunks' in content) return addStreamed(writer, full, details, content, report, onPart);
  await writer.addBytes(full, content.bytes, attributesOf(full, details));
  countIn(report, full, content.bytes.length, content.isGrowing === true);
  return true;
}

async function addStreamed(
  writer: ArchiveWriter,
  full: string,
  opened: FileDetails,
  content: StreamedFile,
  report: DirectoryReport,
  onPart?: (bytes: number) => void,
): Promise<boolean> {
  const reads = content.begin ? READS : 1;
  try {
    for (let read = 1; ; read++) {
      const reading: Reading = { bytes: 0, isGrowing: false };
      try {
        const details = (await remembered(reading, content.begin?.())) ?? opened;
        await writer.addStream(full, remember(content.chunks(), reading, onPart), {
          ...attributesOf(full, details),
          discardOnError: true,
          confirm: async (crc) => {
            reading.isGrowing = (await remembered(reading, content.confirm?.(crc))) ?? false;
          },
        });
        countIn(report, full, reading.bytes, reading.isGrowing);
        return true;
      } catch (error) {
        if (reading.error === undefined) throw error;
        if (error instanceof FileChangedError && read < reads) continue;
        report.skipped.push({ path: full, reason: reasonOf(error) });
        return false;
      }
    }
  } finally {
    await content.close();
  }
}

function attributesOf(full: string, { mtimeMs, mode }: FileDetails) {
  return { mtimeMs, mode: mode & MODE_BITS, uncompressed: isCompressedKind(full) };
}

function countIn(report: DirectoryReport, full: string, bytes: number, isGrowing: boolean): void {
  report.bytes += bytes;
  report.count++;
  if (isGrowing) report.warnings.push(`${full}: it was written to while it was read`);
}

interface Reading {
  bytes: number;
  isGrowing: boolean;
  error?: unknown;
}

/** Counts, and distinguishes an error of the source from an error of the archive. */
async function* remember(
  chunks: AsyncIterable<Buffer>,
  reading: Reading,
  onPart?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      reading.bytes += chunk.length;
      onPart?.(reading.bytes);
      yield chunk;
    }
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

async function remembered<T>(reading: Reading, step: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof FileChangedError ? error.reason : unreadableReason(error);
}
