import { isAscii, isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { Entry } from 'yauzl';
import { archiveInvalid, overLimit } from '../../errors/archive-errors.js';
import { displayName } from '../../support/visible-text.js';
import { NODES_WITH_ZSTD, zstd } from '../../support/zstd.js';
import type { ArchiveLimits } from '../archive-limits.js';
import { STORED, ZSTANDARD } from '../compression.js';
import {
  DATABASE_ENTRY,
  MANIFEST_ENTRY,
  MIGRATIONS_ENTRY,
  SIGNATURE_ENTRY,
  unsafeName,
  VERSION_ENTRY,
} from '../entry-names.js';
import { hasExactTime, readTime } from '../entry-times.js';
import { DECOMPRESSIONS } from './decompression.js';
import type { EntryRecord, EntryTable } from './entry-table.js';

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

export const LOCAL_HEADER_BYTES = 30;
const FIRST = [VERSION_ENTRY, MIGRATIONS_ENTRY, DATABASE_ENTRY];
const ENTRIES_AT_A_TIME = 5000;

/**
 * Checks what shows only when all entries are known: that the archive's own entries are in the right place, that no
 * entry overlaps the next according to the central directory, and that no file is used as a directory.
 * @param end where the ZIP's central directory starts
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function checkLayout(table: EntryTable, end: number, expandedBytes: number): Promise<void> {
  checkOwnEntries(table);
  let last = 0;
  let total = 0;
  for (let index = 0; index < table.length; index++) {
    if (index % ENTRIES_AT_A_TIME === 0) await setImmediate();
    const { name, isDirectory, offset, compressedSize, size } = table.entry(index);
    const refuse = (problem: string) => archiveInvalid(`its entry ${displayName(name)} ${problem}`);
    if (offset < last) throw refuse('overlaps the one before it, or is not in the order of the ZIP’s directory');
    if (index === 0 && offset > 0) throw refuse('is not at the start of the archive: other bytes precede it');
    last = offset + LOCAL_HEADER_BYTES + table.nameBytes(index).length + (isDirectory ? 1 : 0) + compressedSize;
    if (last > end) throw refuse('extends beyond the end of the archive’s entries');
    total += size;
    if (total > expandedBytes) {
      const problem = `its entry ${displayName(name)} makes the content larger than the limit of ${expandedBytes} bytes`;
      throw overLimit(problem, 'expandedBytes');
    }
    const file = table.fileAbove(index);
    if (file !== undefined) throw refuse(`lies below ${displayName(file)}, which is a file`);
  }
}

function checkOwnEntries(table: EntryTable): void {
  if (!table.find(MANIFEST_ENTRY)) {
    throw archiveInvalid(`it is incomplete: "${MANIFEST_ENTRY}", which is written last, is missing`);
  }
  const last = table.find(SIGNATURE_ENTRY) ? [MANIFEST_ENTRY, SIGNATURE_ENTRY] : [MANIFEST_ENTRY];
  [...FIRST, ...last].forEach((name, index) => {
    const entry = table.find(name);
    if (!entry) throw archiveInvalid(`it is incomplete: "${name}" is missing`);
    if (entry.isDirectory) throw archiveInvalid(`its entry "${name}" is a directory`);
    const expected = index < FIRST.length ? index : table.length - last.length + index - FIRST.length;
    if (entry.index === expected) return;
    throw archiveInvalid(`"${name}" is its entry ${entry.index + 1}, but should be entry ${expected + 1}`);
  });
}
