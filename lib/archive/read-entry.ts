import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import type { ByteSource } from '../support/byte-source.js';
import { DEFLATED } from './check-entry.js';
import type { ArchiveEntry, EntryRecord } from './entry-table.js';
import type { ReadWindow } from './read-window.js';
import { displayName } from '../support/visible-text.js';

const CHUNK_BYTES = 256 * 1024;
/**
 * Entries up to this size are inflated synchronously: a tenth of a millisecond, less than it takes to hand it to
 * another thread.
 */
const SMALL_BYTES = 16 * 1024;

type Stored = ArchiveEntry & EntryRecord;

/**
 * The content of an entry, checked against its checksum and size; never more than its declared size.
 * @param start where its data starts
 * @throws BackupError `ARCHIVE_INVALID` instead of ending
 */
export async function* entryChunks(
  source: ByteSource,
  window: ReadWindow,
  entry: Stored,
  start: number,
): AsyncGenerator<Buffer> {
  const refuse = (problem: string, cause?: unknown) =>
    archiveInvalid(`its entry ${displayName(entry.name)} is damaged: ${problem}`, cause);
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of contentOf(source, window, entry, start, refuse)) {
      size += chunk.length;
      if (size > entry.size) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    // When inflating in one piece, too much output is an error; in several pieces it is counted.
    if (code !== 'ERR_BUFFER_TOO_LARGE') throw refuse(`it cannot be decompressed (${message})`, error);
    size = Number.POSITIVE_INFINITY;
  }
  if (size > entry.size) throw refuse(`it has more than the ${entry.size} bytes it declares`);
  if (size < entry.size) throw refuse(`it has ${size} bytes instead of ${entry.size}`);
  if (crc !== entry.crc) throw refuse('its checksum is wrong');
}

async function* contentOf(
  source: ByteSource,
  window: ReadWindow,
  entry: Stored,
  start: number,
  refuse: (problem: string) => BackupError,
): AsyncGenerator<Buffer> {
  if (entry.method !== DEFLATED) {
    yield* packed(source, window, start, entry.compressedSize);
    return;
  }
  if (entry.compressedSize <= SMALL_BYTES && entry.size <= SMALL_BYTES) {
    const bytes = await window.read(start, entry.compressedSize);
    const options = { info: true, maxOutputLength: Math.max(1, entry.size) };
    const inflated: unknown = inflateRawSync(bytes, options);
    const { buffer, engine } = inflated as { buffer: Buffer; engine: InflateRaw };
    if (engine.bytesWritten !== bytes.length) throw refuse('there are bytes after its end');
    if (buffer.length > 0) yield buffer;
    return;
  }
  const inflate = createInflateRaw({ chunkSize: 128 * 1024 });
  pipeline(Readable.from(packed(source, window, start, entry.compressedSize)), inflate, () => {});
  try {
    yield* inflate as AsyncIterable<Buffer>;
    if (inflate.bytesWritten !== entry.compressedSize) throw refuse('there are bytes after its end');
  } finally {
    inflate.destroy();
  }
}

/** The bytes as stored in the archive. */
async function* packed(source: ByteSource, window: ReadWindow, start: number, length: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; ) {
    const count = Math.min(CHUNK_BYTES, length - done);
    yield length <= CHUNK_BYTES ? await window.read(start, count) : await source.read(start + done, count);
    done += count;
  }
}
