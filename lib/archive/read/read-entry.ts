import { pipeline, Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import type { ByteSource } from '../../support/byte-source.js';
import { displayName } from '../../support/visible-text.js';
import { DECOMPRESSIONS } from './decompression.js';
import type { LocatedEntry } from './entry-table.js';
import type { ReadWindow } from './read-window.js';

const CHUNK_BYTES = 256 * 1024;
/**
 * Entries up to this size are decompressed synchronously: a tenth of a millisecond, less than it takes to hand it to
 * another thread.
 */
const SMALL_BYTES = 16 * 1024;

/** What was read of an entry. */
export interface ContentSums {
  readonly size: number;
  /** CRC-32 of the content. */
  readonly crc: number;
}

/** An entry as it stands in the archive, for a thread that decompresses it. */
export interface PackedEntry {
  /** The compression method of the ZIP. */
  readonly method: number;
  /** Of the content, as declared; what is longer has to be refused. */
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer>;
  /**
   * Called at the end.
   * @param consumed bytes of the chunks that were used
   * @throws BackupError `ARCHIVE_INVALID` when the content is not what was declared
   */
  check(sums: ContentSums & { readonly consumed: number }): void;
  /** The error for a content that cannot be decompressed. */
  undecodable(cause: { readonly message: string; readonly code?: string }): BackupError;
}

/** @param start where its data begins */
export function packedEntry(source: ByteSource, window: ReadWindow, entry: LocatedEntry, start: number): PackedEntry {
  return {
    method: entry.method,
    size: entry.size,
    chunks: packed(source, window, start, entry.compressedSize),
    check: ({ consumed, ...sums }) => {
      const isWithin = sums.size <= entry.size;
      if (isWithin && consumed !== entry.compressedSize) throw damaged(entry, 'there are bytes after its end');
      checkSums(entry, sums);
    },
    undecodable: (cause) => undecodable(entry, cause),
  };
}

/**
 * The content of an entry, checked against its checksum and size; never more than its declared size.
 * @param start where its data starts
 * @throws BackupError `ARCHIVE_INVALID` instead of ending
 */
export async function* entryChunks(
  source: ByteSource,
  window: ReadWindow,
  entry: LocatedEntry,
  start: number,
): AsyncGenerator<Buffer> {
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of contentOf(source, window, entry, start)) {
      size += chunk.length;
      if (size > entry.size) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    throw refusal(entry, error);
  }
  checkSums(entry, { size, crc });
}

/** The same in one piece, for an entry that fits into memory. @throws as `entryChunks` */
export async function entryBytes(
  source: ByteSource,
  window: ReadWindow,
  entry: LocatedEntry,
  start: number,
): Promise<Buffer> {
  if (!isSmall(entry)) {
    const chunks: Buffer[] = [];
    for await (const chunk of entryChunks(source, window, entry, start)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  const bytes = window.atHand(start, entry.compressedSize) ?? (await window.read(start, entry.compressedSize));
  const content = unpacked(entry, bytes);
  checkSums(entry, { size: content.length, crc: crc32(content) });
  return content;
}

function isSmall({ compressedSize, size }: LocatedEntry): boolean {
  return compressedSize <= SMALL_BYTES && size <= SMALL_BYTES;
}

function unpacked(entry: LocatedEntry, bytes: Buffer): Buffer {
  try {
    const decompression = DECOMPRESSIONS[entry.method];
    if (!decompression) return bytes;
    const { content, consumed } = decompression.whole(bytes, Math.max(1, entry.size));
    if (consumed !== bytes.length) throw damaged(entry, 'there are bytes after its end');
    return content;
  } catch (error) {
    throw refusal(entry, error);
  }
}

function refusal(entry: LocatedEntry, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  // When decompressing in one piece, too much output is an error; in several pieces it is counted.
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooMuch(entry);
  return undecodable(entry, error as Error);
}

function tooMuch(entry: LocatedEntry): BackupError {
  return damaged(entry, `it has more than the ${entry.size} bytes it declares`);
}

function checkSums(entry: LocatedEntry, { size, crc }: ContentSums): void {
  if (size > entry.size) throw tooMuch(entry);
  if (size < entry.size) throw damaged(entry, `it has ${size} bytes instead of ${entry.size}`);
  if (crc !== entry.crc) throw damaged(entry, 'its checksum is wrong');
}

function undecodable(entry: LocatedEntry, cause: { readonly message: string }): BackupError {
  return damaged(entry, `it cannot be decompressed (${cause.message})`, cause);
}

function damaged({ name }: LocatedEntry, problem: string, cause?: unknown): BackupError {
  return archiveInvalid(`its entry ${displayName(name)} is damaged: ${problem}`, cause);
}

async function* contentOf(
  source: ByteSource,
  window: ReadWindow,
  entry: LocatedEntry,
  start: number,
): AsyncGenerator<Buffer> {
  const bytes = packed(source, window, start, entry.compressedSize);
  const decompression = DECOMPRESSIONS[entry.method];
  if (!decompression) return yield* bytes;
  if (isSmall(entry)) {
    const content = unpacked(entry, await window.read(start, entry.compressedSize));
    if (content.length > 0) yield content;
    return;
  }
  const { input, stream, consumed } = decompression.start(bytes);
  pipeline(Readable.from(input), stream, () => {});
  try {
    yield* stream as AsyncIterable<Buffer>;
    if (consumed() !== entry.compressedSize) throw damaged(entry, 'there are bytes after its end');
  } finally {
    stream.destroy();
  }
}

/** The bytes as they are in the archive. */
async function* packed(source: ByteSource, window: ReadWindow, start: number, length: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; ) {
    const count = Math.min(CHUNK_BYTES, length - done);
    yield length <= CHUNK_BYTES ? await window.read(start, count) : await source.read(start + done, count);
    done += count;
  }
}
