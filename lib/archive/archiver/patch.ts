import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Archiver } from 'archiver';
import { type EntrySums, UncompressedSums } from '../compress/entry-content.js';
import { type Compression, DEFLATED, STORED, ZSTANDARD } from '../compression.js';
import { dosTime, timeFields } from '../entry-times.js';
import { type CompressSmall, SMALL_FILE_BYTES } from './compress-small.js';
import { centralRecord, EntryRecords, hasPlainHeaders, LARGEST, localHeader } from './entry-headers.js';
import { type EngineEntry, type ZipEngine, zipEngine } from './internals.js';

/** Headers and small files are written together. */
const SMALL_BYTES = 4096;
const BATCH_BYTES = 64 * 1024;

const NEEDED = [
  '_finish',
  '_appendBuffer',
  '_smartStream',
  '_afterAppend',
  '_writeLocalFileHeader',
  '_writeCentralFileHeader',
  '_writeCentralDirectoryZip64',
  '_writeCentralDirectoryEnd',
  'isZip64',
  'write',
] as const;

/**
 * archiver's engine decides what a ZIP looks like; this replaces its expensive parts: it compresses on threads of the
 * archive, or synchronously when the content is small, with zstd if that is asked for, computes checksums with zlib,
 * writes headers in one piece, and keeps only the bytes of its record for each entry written.
 * @param compress creates a compressing stream
 * @param compressSmall compresses what is small
 * @returns false when the engine does not look as expected; it is then left as it is and deflates, which is correct too
 */
export function patchArchiver(
  archive: Archiver,
  compress: () => Duplex & EntrySums,
  compressSmall: CompressSmall,
  compression: Compression,
): boolean {
  const found = zipEngine(archive);
  if (!NEEDED.every((name) => typeof found[name] === 'function') || !Array.isArray(found._entries)) return false;
  const engine = found as ZipEngine;
  const batch = batchWrites(engine);
  const records = new EntryRecords((entry) =>
    hasPlainHeaders(entry) ? centralRecord(entry) : batch.capture(() => engine._writeCentralFileHeader(entry)),
  );
  engine._entries = records;

  const { _appendBuffer: appendBuffer, _writeLocalFileHeader: writeHeader } = engine;
  engine._writeLocalFileHeader = (entry) => {
    if (compression === 'zstd') declareZstd(entry);
    if (!hasPlainHeaders(entry)) return writeHeader.call(engine, entry);
    entry._offsets.file = engine.offset;
    engine.write(localHeader(entry));
  };
  engine._appendBuffer = (entry, bytes, callback) => {
    const isSmall = bytes.length > 0 && bytes.length <= SMALL_FILE_BYTES;
    const content = entry.getMethod() === STORED ? bytes : isSmall ? compressSmall(bytes) : undefined;
    if (bytes.length === 0 || !content) return appendBuffer.call(engine, entry, bytes, callback);
    setSums(entry, { crc: crc32(bytes), size: bytes.length, compressedSize: content.length });
    // They are known before the header is written, so the header contains them.
    entry.getGeneralPurposeBit().useDataDescriptor(false);
    engine._writeLocalFileHeader(entry);
    engine.write(content);
    engine._afterAppend(entry);
    callback(null, entry);
  };
  engine._smartStream = (entry, callback) => {
    const content = entry.getMethod() === STORED ? new UncompressedSums() : compress();
    content.once('end', () => {
      setSums(entry, content);
      engine._afterAppend(entry);
      callback(null, entry);
    });
    content.once('error', (error) => archive.destroy(error));
    content.pipe(engine, { end: false });
    return content;
  };
  engine._finish = () => {
    finish(engine, records, batch.flush).catch((error) => archive.destroy(error as Error));
  };
  return true;
}

function setSums(entry: EngineEntry, { crc, size, compressedSize }: EntrySums): void {
  entry.setCrc(crc);
  entry.setSize(size);
  entry.setCompressedSize(compressedSize);
}

/** Collects small pieces until something large follows, or there are enough. */
function batchWrites(engine: ZipEngine): { flush(): void; capture(write: () => void): Buffer } {
  const write = engine.write.bind(engine);
  let pieces: Buffer[] = [];
  let size = 0;
  const flush = () => {
    if (size === 0) return;
    const together = Buffer.concat(pieces, size);
    engine.offset -= size; // It counts them itself when they are written.
    pieces = [];
    size = 0;
    write(together);
  };
  engine.write = (chunk) => {
    if (chunk.length === 0) return !engine.writableNeedDrain;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length >= SMALL_BYTES) {
      flush();
      return write(bytes);
    }
    engine.offset += bytes.length;
    size += bytes.length;
    pieces.push(bytes);
    if (size >= BATCH_BYTES) flush();
    return !engine.writableNeedDrain;
  };
  const capture = (writing: () => void): Buffer => {
    const [before, offset] = [{ pieces, size }, engine.offset];
    [pieces, size] = [[], 0];
    try {
      writing();
      return Buffer.concat(pieces, size);
    } finally {
      ({ pieces, size } = before);
      engine.offset = offset;
    }
  };
  return { flush, capture };
}

/** Writes the central directory a little at a time, and no faster than it is read. */
async function finish(engine: ZipEngine, records: EntryRecords, flush: () => void): Promise<void> {
  const { _archive: state } = engine;
  state.centralOffset = engine.offset;
  for (const bytes of records.pieces()) {
    engine.write(bytes);
    await setImmediate();
    // If the archive was aborted, nobody reads the rest, and this is never resumed.
    if (engine.writableNeedDrain) await new Promise<void>((resolve) => engine.once('drain', resolve));
  }
  state.centralLength = engine.offset - state.centralOffset;
  if (engine.isZip64()) engine._writeCentralDirectoryZip64();
  engine._writeCentralDirectoryEnd();
  flush();
  state.finished = true;
  engine.end();
}

/** What archiver's own options cannot express about an entry. */
export interface EntryDescription {
  /** UNIX permission bits: archiver would drop set-group-id and sticky of directories. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/**
 * Gives each entry its exact times and all bits of its mode.
 * @param current describes the entry being added
 * @returns false when archiver's engine does not look as expected; entries then have what its own options can express
 */
export function describeEntries(archive: Archiver, current: () => EntryDescription): boolean {
  const engine = zipEngine(archive);
  const { _normalizeEntry: normalize, _writeCentralFileHeader: writeRecord } = engine;
  if (typeof normalize !== 'function' || typeof writeRecord !== 'function') return false;
  engine._normalizeEntry = (entry) => {
    normalize.call(engine, entry);
    const { mode, mtimeMs } = current();
    entry.setExtra(timeFields(mtimeMs));
    entry.setUnixMode(mode);
    entry.time = dosTime(mtimeMs);
  };
  engine._writeCentralFileHeader = (entry) => {
    const { extra, setExtra } = entry;
    // A large entry, or one far into the archive, gets a field for its size in the ZIP's central directory, which
    // replaces the existing ones.
    if (extra && (entry.isZip64() || entry._offsets.file > LARGEST)) {
      entry.setExtra = (fields) => setExtra.call(entry, Buffer.concat([fields, extra]));
    }
    writeRecord.call(engine, entry);
  };
  return true;
}

/** ZIP 6.3, which introduced the method. */
const VERSION_NEEDED = 63;

/** Makes an entry that would be deflated one of zstd, before its header is written. */
function declareZstd(entry: EngineEntry): void {
  if (entry.getMethod() !== DEFLATED) return;
  entry.setMethod(ZSTANDARD);
  entry.setVersionNeededToExtract(VERSION_NEEDED);
  // The engine would declare the lower one of ZIP64.
  entry.setVersionNeededToExtract = () => {};
}
