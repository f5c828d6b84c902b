import type { ZipFile } from 'yauzl';
import { archiveInvalid, overLimit } from '../../errors/archive-errors.js';
import type { ArchiveLimits } from '../archive-limits.js';
import type { ReadWindow } from './read-window.js';

const END_BYTES = 22;
const ZIP64_BYTES = 56 + 20;
const RECORD_BYTES = 46;

/** Where a ZIP's central directory is, and how much it claims to contain. */
export interface DirectoryBounds {
  readonly offset: number;
  readonly entries: number;
  /** Size of the records alone. */
  readonly bytes: number;
}

/**
 * Checks the records at the very end of a ZIP against each other, against yauzl's reading of them, and against the
 * limits.
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function directoryBounds(
  zip: ZipFile,
  window: ReadWindow,
  size: number,
  limits: ArchiveLimits,
): Promise<DirectoryBounds> {
  const offset = zip.readEntryCursor as unknown as number;
  const entries = zip.entryCount;
  const tail = await window.read(Math.max(0, size - ZIP64_BYTES - END_BYTES), ZIP64_BYTES + END_BYTES);
  const end = tail.subarray(-END_BYTES);
  const zip64 = tail.subarray(0, -END_BYTES);
  const isZip64 = zip64.length === ZIP64_BYTES && zip64.readUInt32LE(56) === 0x07064b50;
  const bytes = size - END_BYTES - (isZip64 ? ZIP64_BYTES : 0) - offset;

  if (entries > limits.entries) {
    const problem = `it declares ${entries} entries, more than the limit of ${limits.entries}`;
    throw overLimit(problem, 'entries');
  }
  if (bytes > limits.directoryBytes) {
    const problem = `its directory has ${bytes} bytes, more than the limit of ${limits.directoryBytes}`;
    throw overLimit(problem, 'directoryBytes');
  }
  const agree =
    end.readUInt32LE(0) === 0x06054b50 &&
    end.readUInt32LE(4) === 0 &&
    end.readUInt16LE(20) === 0 &&
    same(end.readUInt16LE(8), entries, 0xffff, isZip64) &&
    same(end.readUInt16LE(10), entries, 0xffff, isZip64) &&
    same(end.readUInt32LE(12), bytes, 0xffffffff, isZip64) &&
    same(end.readUInt32LE(16), offset, 0xffffffff, isZip64) &&
    (!isZip64 || zip64Agrees(zip64, { entries, bytes, offset }));
  if (!agree || bytes < entries * RECORD_BYTES) {
    throw archiveInvalid('the records at its end do not agree: it is damaged, or other bytes follow it');
  }
  return { offset, entries, bytes };
}

function same(short: number, value: number, toZip64: number, isZip64: boolean): boolean {
  return short === value || (isZip64 && short === toZip64);
}

function zip64Agrees(record: Buffer, { entries, bytes, offset }: DirectoryBounds): boolean {
  return (
    record.readUInt32LE(0) === 0x06064b50 &&
    record.readBigUInt64LE(4) === 44n &&
    record.readBigUInt64LE(16) === 0n &&
    record.readBigUInt64LE(24) === BigInt(entries) &&
    record.readBigUInt64LE(32) === BigInt(entries) &&
    record.readBigUInt64LE(40) === BigInt(bytes) &&
    record.readBigUInt64LE(48) === BigInt(offset) &&
    record.readUInt32LE(60) === 0 &&
    record.readBigUInt64LE(64) === BigInt(offset) + BigInt(bytes) &&
    record.readUInt32LE(72) === 1
  );
}
