import { extname } from 'node:path';
import type { ArchiveWriter } from '../../archive/archive-writer.js';
import type { FileEntry } from '../../archive/entry-attributes.js';
import { type DirectoryReport, UnkeptDetails } from './directory-report.js';
import { FileChangedError, type FileDetails, type OpenedFile, type StreamedFile, type WholeFile } from './read-file.js';
import { type FoundEntry, unreadableReason } from './walk-directory.js';

/** Receives progress in bytes. */
export interface DirectoryListener {
  /** Called after each file with its size. */
  readonly onFile?: (bytes: number) => void;
  /** Called while a file is read in pieces, with the number of its bytes read so far. */
  readonly onPart?: (bytes: number) => void;
}

const MODE_BITS = 0o7777;
/** How often a large file is read if it is written to each time; what was read of it remains in the ZIP, unlisted. */
const READS = 3;
/** Kinds of files that are already compressed: deflating them again takes time and gains nothing. */
const COMPRESSED = new Set(
  (
    'jpg jpeg jpe png gif webp avif heic heif jxl jp2 mp3 m4a aac ogg oga opus flac wma mp4 m4v mov mkv webm avi wmv ' +
    'zip gz tgz bz2 tbz2 xz txz zst lz4 lzma br 7z rar cab jar war apk ipa crx whl nupkg deb rpm ' +
    'docx docm xlsx xlsm pptx pptm odt ods odp epub pdf woff woff2 crypt age gpg pgp'
  ).split(' '),
);

/** An entry that was found, wherever it is. */
export type Found = Pick<FoundEntry, 'kind' | 'relative' | 'reason' | 'stats'>;

/** An entry that was found and, if it is a file, that file or the reason why it could not be opened. */
export interface Prepared<Entry extends Found = Found> {
  readonly found: Entry;
  readonly file?: OpenedFile;
  readonly error?: unknown;
}

/** One entry of any kind, or several small files that were read completely. */
export type PreparedGroup<Entry extends Found = Found> = ReadonlyArray<Prepared<Entry>>;

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

function isWhole(one: Prepared): one is PreparedWhole {
  return one.file !== undefined && 'bytes' in one.file.content;
}

async function addWhole(adding: Adding, group: readonly PreparedWhole[]): Promise<void> {
  if (group.length === 0) return;
  const entries = group.map(({ found, file }): FileEntry => {
    const name = `${adding.name}/${found.relative}`;
    const { mtimeMs, mode, uncompressed } = attributesOf(name, file.details);
    const { bytes, sha256 } = file.content;
    return { name, bytes, sha256, mtimeMs, mode, uncompressed };
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
    await addStreamed(adding, name, file.details, file.content);
  }
}

/** Adds a file that is read while it is added, once more if it is written to meanwhile, and closes it. */
async function addStreamed(adding: Adding, name: string, details: FileDetails, content: StreamedFile): Promise<void> {
  const { writer, report, listener } = adding;
  const reads = content.begin ? READS : 1;
  try {
    for (let read = 1; ; read++) {
      const reading: Reading = { bytes: 0 };
      try {
        const now = (await remembered(reading, content.begin?.())) ?? details;
        await writer.addStream(name, remember(content.chunks(), reading, listener.onPart), {
          ...attributesOf(name, now),
          discardOnError: true,
          confirm: async (crc) => {
            reading.isGrowing = (await remembered(reading, content.confirm?.(crc))) ?? false;
          },
        });
        return count(adding, name, details, reading);
      } catch (error) {
        if (reading.error === undefined) throw error;
        if (error instanceof FileChangedError && read < reads) continue;
        report.skipped.push({ path: name, reason: reasonOf(error) });
        return listener.onFile?.(0);
      }
    }
  } finally {
    await content.close();
  }
}

/** What was read of a file. */
interface Reading {
  bytes: number;
  /** It is written to all the time but only ever grows. */
  isGrowing?: boolean;
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

function count(
  { report, unkept, listener }: Adding,
  name: string,
  details: FileDetails,
  { bytes, isGrowing }: Reading,
): void {
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

/** Whether a file is better left uncompressed than deflated, judging by its name. */
export function isCompressedKind(name: string): boolean {
  return COMPRESSED.has(extname(name).slice(1).toLowerCase());
}
