/**
 * Adds many small files to a ZIP in one piece. archiver adds one entry at a time, in many steps and a turn of the event
 * loop for each, although the headers of files with the same method and mode differ only in name, time, checksum and
 * sizes. So archiver adds the first file of each kind, and its headers are the pattern for the others.
 */
import { crc32 } from 'node:zlib';
import { STORED } from '../compression.js';
import { dosTime, MOST_TIME_BYTES, writeTimeFields } from '../entry-times.js';
import { SMALL_FILE_BYTES } from './compress-small.js';
import {
  CENTRAL_BYTES,
  centralRecord,
  type EntryRecords,
  hasPlainHeaders,
  LARGEST,
  LOCAL_BYTES,
  localHeader,
} from './entry-headers.js';
import type { EngineEntry, ZipEngine } from './internals.js';

/** A file whose content is at hand. */
export interface WholeFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly uncompressed: boolean;
}

/** The fixed parts of both headers. */
interface Pattern {
  readonly local: Buffer;
  readonly central: Buffer;
}

interface Planned {
  readonly file: WholeFile;
  readonly pattern: Pattern;
  /** As it is in the archive. */
  readonly content: Buffer;
}

/** Names that archiver would change, or would not take for those of files. */
const CHANGED_NAME = /^\w+:|^\/|^\.\.\/|\/\/|\\|\/$|^$/;
/** What is written at once may be this much larger than the content of a file. */
const MOST_BYTES = 1024 * 1024;

export class AlikeEntries {
  private readonly patterns = new Map<number, Pattern>();
  private planned: Planned[] = [];
  private bytes = 0;
  private record = Buffer.allocUnsafe(1024);

  /** @param compress a small file; undefined when that is not to be done here */
  constructor(
    private readonly engine: ZipEngine,
    private readonly records: EntryRecords,
    private readonly compress: (bytes: Buffer) => Buffer | undefined,
  ) {}

  /** Remembers the headers of a file that archiver has just added. */
  learn(entry: EngineEntry, mode: number): void {
    if (!hasPlainHeaders(entry) || entry.getGeneralPurposeBit().usesDataDescriptor()) return;
    const key = keyOf(mode, entry.getMethod() === STORED, entry.getGeneralPurposeBit().usesUTF8ForNames());
    this.patterns.set(key, {
      local: localHeader(entry).subarray(0, LOCAL_BYTES),
      central: centralRecord(entry).subarray(0, CENTRAL_BYTES),
    });
  }

  /**
   * Adds a file to those that are written next; `bytes` must not change before.
   * @returns false when archiver has to add it, after `write`
   */
  add(file: WholeFile): boolean {
    const { name, bytes, mode, uncompressed } = file;
    const nameBytes = Buffer.byteLength(name);
    const pattern = this.patterns.get(keyOf(mode, uncompressed, nameBytes !== name.length));
    if (!pattern || bytes.length === 0 || CHANGED_NAME.test(name)) return false;
    if (!uncompressed && bytes.length > SMALL_FILE_BYTES) return false;
    if (this.engine.offset + this.bytes > LARGEST - MOST_BYTES) return false;
    const content = uncompressed ? bytes : this.compress(bytes);
    if (!content) return false;
    this.planned.push({ file, pattern, content });
    this.bytes += LOCAL_BYTES + nameBytes + MOST_TIME_BYTES + content.length;
    return true;
  }

  /** Whether enough was added to be written. */
  get isFull(): boolean {
    return this.bytes >= MOST_BYTES;
  }

  /** Writes what was added. */
  write(): void {
    if (this.planned.length === 0) return;
    const together = Buffer.allocUnsafeSlow(this.bytes);
    let end = 0;
    for (const planned of this.planned) end = this.fill(together, end, planned);
    this.planned = [];
    this.bytes = 0;
    this.engine.write(together.subarray(0, end));
  }

  /** Writes an entry, and its record. @returns where it ends */
  private fill(together: Buffer, start: number, { file, pattern, content }: Planned): number {
    const { name, bytes, mtimeMs } = file;
    pattern.local.copy(together, start);
    const names = start + LOCAL_BYTES;
    const fields = names + together.write(name, names);
    const contents = fields + writeTimeFields(together, fields, mtimeMs);
    together.writeUInt32LE(dosTime(mtimeMs) >>> 0, start + 10);
    together.writeUInt32LE(crc32(bytes), start + 14);
    together.writeUInt32LE(content.length, start + 18);
    together.writeUInt32LE(bytes.length, start + 22);
    together.writeUInt16LE(fields - names, start + 26);
    together.writeUInt16LE(contents - fields, start + 28);
    this.keepRecord(pattern, together, start, contents);
    return contents + content.copy(together, contents);
  }

  /** The fields from time to lengths are those of the local header, as are the name and the extra fields. */
  private keepRecord({ central }: Pattern, together: Buffer, start: number, contents: number): void {
    const length = CENTRAL_BYTES + contents - start - LOCAL_BYTES;
    if (length > this.record.length) this.record = Buffer.allocUnsafe(2 * length);
    central.copy(this.record);
    together.copy(this.record, 12, start + 10, start + LOCAL_BYTES);
    this.record.writeUInt32LE(this.engine.offset + start, 42);
    together.copy(this.record, CENTRAL_BYTES, start + LOCAL_BYTES, contents);
    this.records.add(this.record, length);
  }
}

function keyOf(mode: number, uncompressed: boolean, isUtf8: boolean): number {
  return mode * 4 + (uncompressed ? 2 : 0) + (isUtf8 ? 1 : 0);
}
