import { parseExtraFields } from 'yauzl';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { displayName } from '../../support/visible-text.js';
import { readTime } from '../entry-times.js';
import { HAS_DESCRIPTOR, LOCAL_HEADER_BYTES } from './check-entry.js';
import type { EntryRecord } from './entry-table.js';
import type { ReadWindow } from './read-window.js';
import { zip64Values } from './yauzl-source.js';

const DESCRIPTOR_SIGNATURE = 0x08074b50;
const LONGEST_DESCRIPTOR = 24;
const LOCAL_SIGNATURE = 0x04034b50;
const SLASH = 0x2f;

/**
 * Checks an entry's local header, and what follows its data, against the central directory.
 * @param name without a directory's trailing slash
 * @param limit where the next entry, or the central directory, starts
 * @returns where the data starts
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function checkLocalHeader(
  window: ReadWindow,
  name: Buffer,
  record: EntryRecord,
  limit: number,
): Promise<number> {
  const { compressedSize, offset, flags, method } = record;
  const refuse = (problem: string) =>
    archiveInvalid(`its entry ${displayName(name.toString('utf8'))}, at byte ${offset}, ${problem}`);
  let local: LocalHeader;
  try {
    local = await readLocal(window, record);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw refuse(`has no readable header (${(error as Error).message})`);
  }
  const differs = (what: string) => refuse(`has a different ${what} in its own header than in the ZIP's directory`);
  if (!isNamed(local.name, name, record)) throw differs('name');
  if (local.method !== method) throw differs('method');
  if (local.flags !== flags) throw differs('flag');
  if (local.mtimeMs !== record.mtimeMs) throw differs('time');

  const hasDescriptor = (flags & HAS_DESCRIPTOR) !== 0;
  // With a descriptor after the data, the header need not have the value yet.
  const agrees = (value: number, expected: number) =>
    value === expected || (hasDescriptor && (value === 0 || value === 0xffffffff));
  if (!agrees(local.crc, record.crc)) throw differs('checksum');
  if (!agrees(local.size, record.size) || !agrees(local.compressedSize, compressedSize)) throw differs('size');

  const end = local.start + compressedSize;
  if (end > limit) throw refuse('overlaps what follows it');
  if (hasDescriptor) {
    const behind = await window.read(end, Math.min(LONGEST_DESCRIPTOR, limit - end));
    if (!isDescriptor(behind, record)) {
      throw refuse('is followed by a size or checksum that differs from the ZIP’s directory');
    }
  }
  return local.start;
}

interface LocalHeader {
  readonly name: Buffer;
  readonly method: number;
  readonly flags: number;
  readonly mtimeMs: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  /** Where the data starts. */
  readonly start: number;
}

async function readLocal(window: ReadWindow, { offset, compressedSize }: EntryRecord): Promise<LocalHeader> {
  const fixed = await wholly(window, offset, LOCAL_HEADER_BYTES);
  const signature = fixed.readUInt32LE(0);
  if (signature !== LOCAL_SIGNATURE) throw new Error(`it begins with 0x${signature.toString(16)}`);
  const nameBytes = fixed.readUInt16LE(26);
  const length = LOCAL_HEADER_BYTES + nameBytes + fixed.readUInt16LE(28);
  const start = offset + length;
  if (start + compressedSize > window.size) {
    throw new Error(`file data overflows file bounds: ${start} + ${compressedSize} > ${window.size}`);
  }
  const header = await wholly(window, offset, length);
  const fields = parseExtraFields(header.subarray(LOCAL_HEADER_BYTES + nameBytes));
  const [size, packed] = zip64Values(fields, [header.readUInt32LE(22), header.readUInt32LE(18)]);
  return {
    name: header.subarray(LOCAL_HEADER_BYTES, LOCAL_HEADER_BYTES + nameBytes),
    method: header.readUInt16LE(8),
    flags: header.readUInt16LE(6),
    mtimeMs: readTime(fields, header.readUInt16LE(12), header.readUInt16LE(10)),
    crc: header.readUInt32LE(14),
    size: size!,
    compressedSize: packed!,
    start,
  };
}

/** For most of many small entries this waits for nothing. */
async function wholly(window: ReadWindow, position: number, length: number): Promise<Buffer> {
  const bytes = window.atHand(position, length) ?? (await window.read(position, length));
  if (bytes.length < length) throw new Error(`it ends at byte ${position + bytes.length}`);
  return bytes;
}

function isNamed(found: Buffer, name: Buffer, { isDirectory }: EntryRecord): boolean {
  if (!isDirectory) return found.equals(name);
  return found.length === name.length + 1 && found.at(-1) === SLASH && found.subarray(0, -1).equals(name);
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
