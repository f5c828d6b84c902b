import { setImmediate } from 'node:timers/promises';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { archiveInvalid, GIVE_IDENTITY, GIVE_KEY, overLimit } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { aborted } from '../../errors/run-errors.js';
import type { ByteSource } from '../../support/byte-source.js';
import { displayName } from '../../support/visible-text.js';
import type { ArchiveLimits } from '../archive-limits.js';
import { checkedEntry, checkLayout } from './check-entry.js';
import { EntryTable } from './entry-table.js';
import { ReadWindow } from './read-window.js';
import { YauzlSource } from './yauzl-source.js';

const RECORD_BYTES = 46;
const END_BYTES = 22;
const ZIP64_BYTES = 56 + 20;
const ENTRIES_AT_A_TIME = 500;

/** A ZIP whose central directory was read and checked. */
export interface OpenedZip {
  readonly zip: ZipFile;
  readonly window: ReadWindow;
  readonly entries: EntryTable;
  /** Where the central directory starts. */
  readonly end: number;
}

/** @throws BackupError `ARCHIVE_INVALID` */
export async function openZip(source: ByteSource, limits: ArchiveLimits, signal?: AbortSignal): Promise<OpenedZip> {
  const window = new ReadWindow(source);
  const zip = await findDirectory(source, window);
  const { offset, entries: count, bytes } = await directoryBounds(zip, window, source.size, limits);
  const entries = new EntryTable(count, bytes - count * RECORD_BYTES);
  try {
    for await (const entry of zip.eachEntry()) {
      const { name, record } = checkedEntry(entry, entries.length + 1, limits);
      if (!entries.add(name, record)) {
        throw archiveInvalid(`its entry ${displayName(name.toString('utf8'))} appears twice`);
      }
      if (entries.length % ENTRIES_AT_A_TIME === 0) {
        await setImmediate();
        if (signal?.aborted) throw aborted(signal.reason);
      }
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const place = `entry ${entries.length + 1} of ${count}`;
    throw archiveInvalid(`its directory is damaged at ${place}: ${(error as Error).message}`, error);
  }
  if ((zip.readEntryCursor as unknown as number) !== offset + bytes) {
    throw archiveInvalid(`its directory is damaged: it does not have ${count} entries`);
  }
  await checkLayout(entries, offset, limits.expandedBytes);
  return { zip, window, entries, end: offset };
}

async function findDirectory(source: ByteSource, window: ReadWindow): Promise<ZipFile> {
  try {
    const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
    return await fromRandomAccessReaderPromise(new YauzlSource(window), source.size, options);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw notZip(await window.read(0, 4), error);
  }
}

function notZip(beginning: Buffer, cause: unknown): BackupError {
  const hex = beginning.toString('hex');
  // A zstd frame starts with the same byte.
  const isEncrypted = hex.startsWith('28') && hex !== '28b52ffd';
  if (isEncrypted) return archiveInvalid('it looks encrypted, and no AES key was given', undefined, GIVE_KEY);
  return beginning.toString('latin1') === 'age-'
    ? archiveInvalid('it looks encrypted to recipients, and no identity was given', undefined, GIVE_IDENTITY)
    : archiveInvalid(whatElse(hex), cause);
}

/** What a file that does not end like a ZIP may be. */
function whatElse(hex: string): string {
  if (hex === '') return 'it is empty';
  if (hex.startsWith('504b')) return 'it is truncated or damaged: the directory at the end of the ZIP cannot be found';
  return 'it is not a ZIP archive';
}

/** Where a ZIP's central directory is, and how much it claims to contain. */
interface DirectoryBounds {
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
async function directoryBounds(
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
