import { type Entry, parseExtraFields, type ZipFile } from 'yauzl';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { displayName } from '../../support/visible-text.js';
import { readTime } from '../entry-times.js';
import { HAS_DESCRIPTOR } from './check-entry.js';
import type { EntryRecord } from './entry-table.js';
import { type ReadWindow, zip64Values } from './read-window.js';

const DESCRIPTOR_SIGNATURE = 0x08074b50;
const LONGEST_DESCRIPTOR = 24;

/**
 * Checks an entry's local header, and what follows its data, against the central directory.
 * @param name with a directory's trailing slash
 * @param limit where the next entry, or the central directory, starts
 * @returns where the data starts
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function checkLocalHeader(
  zip: ZipFile,
  window: ReadWindow,
  name: Buffer,
  record: EntryRecord,
  limit: number,
): Promise<number> {
  const { compressedSize, offset, flags, method } = record;
  const refuse = (problem: string) =>
    archiveInvalid(`its entry ${displayName(name.toString('utf8'))}, at byte ${offset}, ${problem}`);
  let local: Awaited<ReturnType<typeof readLocal>>;
  try {
    local = await readLocal(zip, record);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw refuse(`has no readable header (${(error as Error).message})`);
  }
  const differs = (what: string) => refuse(`has a different ${what} in its own header than in the ZIP's directory`);
  const { header } = local;
  if (!header.fileName.equals(name)) throw differs('name');
  if (header.compressionMethod !== method) throw differs('method');
  if (header.generalPurposeBitFlag !== flags) throw differs('flag');
  if (local.mtimeMs !== record.mtimeMs) throw differs('time');

  const hasDescriptor = (flags & HAS_DESCRIPTOR) !== 0;
  // With a descriptor after the data, the header need not have the value yet.
  const agrees = (value: number, expected: number) =>
    value === expected || (hasDescriptor && (value === 0 || value === 0xffffffff));
  if (!agrees(header.crc32, record.crc)) throw differs('checksum');
  if (!agrees(local.size, record.size) || !agrees(local.compressedSize, compressedSize)) throw differs('size');

  const end = header.fileDataStart + compressedSize;
  if (end > limit) throw refuse('overlaps what follows it');
  if (hasDescriptor) {
    const behind = await window.read(end, Math.min(LONGEST_DESCRIPTOR, limit - end));
    if (!isDescriptor(behind, record)) {
      throw refuse('is followed by a size or checksum that differs from the ZIP’s directory');
    }
  }
  return header.fileDataStart;
}

async function readLocal(zip: ZipFile, { offset, compressedSize }: EntryRecord) {
  const place = { relativeOffsetOfLocalHeader: offset, compressedSize } as Entry;
  const local = await zip.readLocalFileHeaderPromise(place);
  const fields = parseExtraFields(local.extraField);
  const [size, packed] = zip64Values(fields, [local.uncompressedSize, local.compressedSize]);
  const mtimeMs = readTime(fields, local.lastModFileDate, local.lastModFileTime);
  return { header: local, size: size!, compressedSize: packed!, mtimeMs };
}

function isDescriptor(bytes: Buffer, { crc, size, compressedSize }: EntryRecord): boolean {
  const signed = bytes.length >= 4 && bytes.readUInt32LE(0) === DESCRIPTOR_SIGNATURE;
  const fields = signed ? bytes.subarray(4) : bytes;
  if (fields.length < 12 || fields.readUInt32LE(0) !== crc) return false;
  const short = fields.readUInt32LE(4) === compressedSize && fields.readUInt32LE(8) === size;
  return (
    short ||
    (fields.length >= 20 &&
      fields.readBigUInt64LE(4) === BigInt(compressedSize) &&
      fields.readBigUInt64LE(12) === BigInt(size))
  );
}
