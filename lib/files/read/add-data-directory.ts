import type { ArchiveWriter } from '../../archive/archive-writer.js';
import type { FileEntry } from '../../archive/entry-attributes.js';
import { type Added, addStreamed } from './add-streamed.js';
import { isCompressedKind } from './compressed-kinds.js';
import type { Prepared, PreparedGroup } from './prepared.js';
import { FileChangedError, type FileDetails, type OpenedFile, type StreamedFile, type WholeFile } from './read-file.js';
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

const MODE_BITS = 0o7777;

/** A file that was read completely. */
interface PreparedWhole extends Prepared {
  readonly file: OpenedFile & { readonly content: WholeFile };
}

interface Adding {
  readonly writer: ArchiveWriter;
  readonly name: string;
  readonly report: DirectoryReport;
  readonly unkept: UnkeptDetails;
  readonly listener: DirectoryListener;
}

/**
 * Adds every file found as `<name>/<relative path>`. A file that vanishes, cannot be read, or is written to every time
 * it is read leaves no entry and is reported as skipped.
 * @throws what `prepared` throws when the directory itself cannot be read, or the archive's error when it fails
 */
export async function addDataDirectory(
  writer: ArchiveWriter,
  name: string,
  prepared: AsyncIterable<PreparedGroup>,
  listener: DirectoryListener = {},
): Promise<DirectoryReport> {
  const report: DirectoryReport = { count: 0, bytes: 0, skipped: [], warnings: [] };
  const adding: Adding = { writer, name, report, unkept: new UnkeptDetails(), listener };
  for await (const group of prepared) {
    const whole: PreparedWhole[] = [];
    for (const one of group) {
      if (isWhole(one)) {
        whole.push(one);
      } else {
        await addWhole(adding, whole.splice(0));
        await addOne(adding, one);
      }
    }
    await addWhole(adding, whole);
  }
  report.warnings.push(...adding.unkept.warnings());
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

function isWhole(one: Prepared): one is PreparedWhole {
  return one.file !== undefined && 'bytes' in one.file.content;
}

async function addWhole(adding: Adding, group: readonly PreparedWhole[]): Promise<void> {
  if (group.length === 0) return;
  const entries = group.map(({ found, file }): FileEntry => {
    const name = `${adding.name}/${found.relative}`;
    const { mtimeMs, mode, uncompressed } = attributesOf(name, file.details);
    return { name, bytes: file.content.bytes, mtimeMs, mode, uncompressed };
  });
  await adding.writer.addFiles(entries);
  for (const [index, { name, bytes }] of entries.entries()) {
    const { details, content } = group[index]!.file;
    count(adding, name, details, { bytes: bytes.length, isGrowing: content.isGrowing });
  }
}

async function addOne(adding: Adding, { found, file, error }: Prepared): Promise<void> {
  const { writer, report, unkept } = adding;
  const name = found.relative === '' ? adding.name : `${adding.name}/${found.relative}`;
  if (found.kind === 'directory') {
    const { mode, mtimeMs } = found.stats ?? {};
    await writer.addDirectory(name, { mode: mode === undefined ? mode : mode & MODE_BITS, mtimeMs });
    if (found.stats) unkept.seeDirectory(name, found.stats, found.relative === '');
  } else if (found.kind === 'special') {
    report.warnings.push(`${name}: ${found.reason}, not followed and not saved`);
  } else if (found.kind === 'left') {
    report.warnings.push(`${name}: a database file, not saved because its content is saved as rows`);
  } else if (!file) {
    report.skipped.push({ path: name, reason: found.reason ?? reasonOf(error) });
  } else if ('chunks' in file.content) {
    await addRead(adding, name, file.details, file.content);
  }
}

/** Adds a file that is read while it is added. */
async function addRead(adding: Adding, name: string, details: FileDetails, content: StreamedFile): Promise<void> {
  const { writer, report, listener } = adding;
  const added = await addStreamed(writer, name, content, {
    attributesOf: (now = details) => attributesOf(name, now),
    onPart: listener.onPart,
  });
  if ('bytes' in added) return count(adding, name, details, added);
  report.skipped.push({ path: name, reason: reasonOf(added.error) });
  listener.onFile?.(0);
}

function count(adding: Adding, name: string, details: FileDetails, { bytes, isGrowing }: Added): void {
  const { report, unkept, listener } = adding;
  report.count++;
  report.bytes += bytes;
  if (isGrowing) report.warnings.push(`${name}: it was written to while it was read`);
  unkept.seeFile(name, details);
  listener.onFile?.(bytes);
}

function attributesOf(name: string, { mtimeMs, mode }: FileDetails) {
  return { mtimeMs, mode: mode & MODE_BITS, uncompressed: isCompressedKind(name) };
}

function reasonOf(error: unknown): string {
  return error instanceof FileChangedError ? error.reason : unreadableReason(error);
}
