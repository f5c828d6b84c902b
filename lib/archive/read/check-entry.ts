import { isAscii, isUtf8 } from 'node:buffer';
import type { Entry } from 'yauzl';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { displayName } from '../../support/visible-text.js';
import { NODES_WITH_ZSTD, zstd } from '../../support/zstd.js';
import type { ArchiveLimits } from '../archive-limits.js';
import { STORED, ZSTANDARD } from '../compression.js';
import { unsafeName } from '../entry-names.js';
import { hasExactTime, readTime } from '../entry-times.js';
import { DECOMPRESSIONS } from './decompression.js';
import type { EntryRecord } from './entry-table.js';

/** General purpose bits. */
export const HAS_DESCRIPTOR = 0x08;
const IS_UTF8 = 0x800;
const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const KNOWN_FLAGS = 0x2 | 0x4 | HAS_DESCRIPTOR | IS_UTF8;

const TYPE_BITS = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/**
 * Reads one entry of a ZIP's central directory, and refuses anything that no backup contains.
 * @param number of the entry, in case its name cannot be shown
 * @throws BackupError `ARCHIVE_INVALID`
 */
export function checkedEntry(
  entry: Entry,
  number: number,
  { nameBytes }: ArchiveLimits,
): { name: Buffer; record: EntryRecord } {
  const raw = entry.fileNameRaw;
  const isDirectory = raw.at(-1) === 0x2f;
  const name = isDirectory ? raw.subarray(0, -1) : raw;
  const text = name.toString('utf8');
  const refuse = (problem: string, remedy?: string): never => {
    throw archiveInvalid(`its entry ${number}, ${displayName(text)}, ${problem}`, undefined, remedy);
  };

  const flags = entry.generalPurposeBitFlag;
  if (!(flags & IS_UTF8 ? isUtf8(raw) : isAscii(raw))) refuse('has a name that is not UTF-8');
  const unsafe = unsafeName(text, nameBytes);
  if (unsafe) refuse(`has an unsafe name: it ${unsafe}`);
  if (flags & ENCRYPTED) refuse('is encrypted inside the ZIP');
  if (flags & ~KNOWN_FLAGS) refuse(`has unknown flags (${flags})`);
  const method = entry.compressionMethod;
  if (method === ZSTANDARD && !zstd) {
    refuse(`is compressed with zstd, which Node.js ${process.version} lacks`, `Use ${NODES_WITH_ZSTD}.`);
  }
  if (method !== STORED && !DECOMPRESSIONS[method]) refuse(`is compressed with an unknown method (${method})`);
  const { uncompressedSize: size, compressedSize, relativeOffsetOfLocalHeader: offset } = entry;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(compressedSize) || !Number.isSafeInteger(offset)) {
    refuse('declares an impossible size');
  }
  if (method === STORED && size !== compressedSize) refuse('is stored, but declares two different sizes');
  if (isDirectory && size !== 0) refuse('is a directory with content');

  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE_BITS;
  if (type !== 0 && type !== (isDirectory ? DIRECTORY : REGULAR)) refuse(`is ${kindOf(type)}`);
  const record = {
    isDirectory,
    size,
    compressedSize,
    mode: mode === 0 ? undefined : mode & 0o7777,
    mtimeMs: readTime(entry.extraFields, entry.lastModFileDate, entry.lastModFileTime),
    hasExactTime: hasExactTime(entry.extraFields),
    crc: entry.crc32,
    method,
    flags,
    offset,
  };
  return { name, record };
}

function kindOf(type: number): string {
  if (type === 0o120000) return 'a symbolic link';
  if (type === 0o060000 || type === 0o020000) return 'a device';
  if (type === REGULAR) return 'named like a directory but marked as a file';
  if (type === DIRECTORY) return 'named like a file but marked as a directory';
  return 'not a file (a pipe, a socket or something unknown)';
}
