import type { EngineEntries, EngineEntry, ZipEngine } from './internals.js';

/** The largest number that fits without ZIP64. */
export const LARGEST = 0xffffffff;

const LOCAL_SIGNATURE = 0x04034b50;
/** Size of a local header up to the name. */
export const LOCAL_BYTES = 30;
const CENTRAL_SIGNATURE = 0x02014b50;
/** Size of a central directory record up to the name. */
export const CENTRAL_BYTES = 46;
/** ZIP 4.5, which the engine declares for everything it writes. */
const MADE_BY = 45;
const DESCRIPTOR_FLAG = 1 << 3;
const UTF8_FLAG = 1 << 11;
const NO_FIELDS = Buffer.alloc(0);

/** Whether the headers of an entry are the ones written here: without ZIP64, and without a comment. */
export function hasPlainHeaders(entry: EngineEntry): boolean {
  return !entry.isZip64() && entry._offsets.file <= LARGEST && entry.getComment() === '';
}

/** The header preceding an entry's content: the same bytes that the engine would write in twenty pieces. */
export function localHeader(entry: EngineEntry): Buffer {
  const { bytes, name, fields } = withName(entry, LOCAL_BYTES);
  bytes.writeUInt32LE(LOCAL_SIGNATURE, 0);
  // The descriptor after the content has these values instead.
  const isSaidLater = entry.getGeneralPurposeBit().usesDataDescriptor();
  writeCommon(bytes, 4, entry, isSaidLater, name, fields);
  return bytes;
}

/** The central directory record of an entry. */
export function centralRecord(entry: EngineEntry): Buffer {
  const { bytes, name, fields } = withName(entry, CENTRAL_BYTES);
  bytes.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  bytes.writeUInt16LE((entry.getPlatform() << 8) | MADE_BY, 4);
  writeCommon(bytes, 6, entry, false, name, fields);
  // No comment, and everything on the first disk.
  bytes.writeUInt32LE(0, 32);
  bytes.writeUInt16LE(entry.getInternalAttributes(), 36);
  bytes.writeUInt32LE(entry.getExternalAttributes(), 38);
  bytes.writeUInt32LE(entry._offsets.file, 42);
  return bytes;
}

/** Room for the fixed part of a record, with the name and the extra fields behind it, and how long these are. */
function withName(entry: EngineEntry, fixed: number): { bytes: Buffer; name: number; fields: number } {
  const text = entry.getName();
  const name = Buffer.byteLength(text);
  const extra = entry.extra ?? NO_FIELDS;
  const bytes = Buffer.allocUnsafe(fixed + name + extra.length);
  bytes.write(text, fixed);
  extra.copy(bytes, fixed + name);
  return { bytes, name, fields: extra.length };
}

/** The 26 bytes common to both, from the version needed to the lengths of name and extra fields. */
function writeCommon(
  bytes: Buffer,
  at: number,
  entry: EngineEntry,
  isSaidLater: boolean,
  nameBytes: number,
  fieldBytes: number,
): void {
  const bits = entry.getGeneralPurposeBit();
  const flags = (bits.usesDataDescriptor() ? DESCRIPTOR_FLAG : 0) | (bits.usesUTF8ForNames() ? UTF8_FLAG : 0);
  bytes.writeUInt16LE(entry.getVersionNeededToExtract(), at);
  bytes.writeUInt16LE(flags, at + 2);
  bytes.writeUInt16LE(entry.getMethod(), at + 4);
  bytes.writeUInt32LE(entry.getTimeDos() >>> 0, at + 6);
  bytes.writeUInt32LE(isSaidLater ? 0 : entry.getCrc(), at + 10);
  bytes.writeUInt32LE(isSaidLater ? 0 : entry.getCompressedSize(), at + 14);
  bytes.writeUInt32LE(isSaidLater ? 0 : entry.getSize(), at + 18);
  bytes.writeUInt16LE(nameBytes, at + 22);
  bytes.writeUInt16LE(fieldBytes, at + 24);
}

const PIECE_BYTES = 64 * 1024;

/**
 * The entries written so far, each as the bytes of its central directory record: 91 bytes and its name, where
 * archiver's own list keeps an object of 450 bytes.
 */
export class EntryRecords implements EngineEntries {
  length = 0;
  private readonly full: Buffer[] = [];
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private filled = 0;
  /** The last entry can be withdrawn, so it is not yet among the others. */
  private last: { readonly entry: EngineEntry; readonly record: Buffer } | undefined;

  constructor(private readonly recordOf: (entry: EngineEntry) => Buffer) {}

  push(entry: EngineEntry): void {
    this.keepLast();
    this.last = { entry, record: this.recordOf(entry) };
    this.length++;
  }

  /** Adds the first `length` bytes as the record of an entry that will not be withdrawn. */
  add(record: Buffer, length: number): void {
    this.keepLast();
    this.keep(record, length);
    this.length++;
  }

  at(_index: -1): EngineEntry | undefined {
    return this.last?.entry;
  }

  pop(): void {
    if (!this.last) return;
    this.last = undefined;
    this.length--;
  }

  /** All records, in pieces. */
  *pieces(): Generator<Buffer> {
    this.keepLast();
    yield* this.full;
    if (this.filled > 0) yield this.piece.subarray(0, this.filled);
  }

  /** All names, as they are in the records. */
  *names(): Generator<Buffer> {
    for (const piece of this.pieces()) {
      for (let at = 0; at < piece.length; ) {
        const end = at + CENTRAL_BYTES + piece.readUInt16LE(at + 28);
        yield piece.subarray(at + CENTRAL_BYTES, end);
        at = end + piece.readUInt16LE(at + 30) + piece.readUInt16LE(at + 32);
      }
    }
  }

  private keepLast(): void {
    if (!this.last) return;
    const { record } = this.last;
    this.last = undefined;
    this.keep(record, record.length);
  }

  private keep(record: Buffer, length: number): void {
    if (this.filled + length > this.piece.length) {
      this.full.push(this.piece.subarray(0, this.filled));
      this.piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, length));
      this.filled = 0;
    }
    this.filled += record.copy(this.piece, this.filled, 0, length);
  }
}

/** Names of the entries that an engine has written, in UTF-8; none when it hides them. */
export function writtenNames({ _entries: entries }: Partial<ZipEngine>): Iterable<Buffer> {
  if (entries instanceof EntryRecords) return entries.names();
  return Array.isArray(entries) ? (entries as EngineEntry[]).map((entry) => Buffer.from(entry.getName())) : [];
}
