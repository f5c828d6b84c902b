import { deflateRawSync } from 'node:zlib';
import { zstd } from '../../support/zstd.js';
import type { Compression } from '../compression.js';

/** Compressed synchronously: a fraction of a millisecond, less than it takes to hand it to another thread. */
export const SMALL_FILE_BYTES = 16 * 1024;
/** What compression may add to noise, and more than the minimum that zlib accepts. */
const ROOM_BYTES = 128;
const LEAST_WINDOW_BITS = 9;
const LARGEST_WINDOW_BITS = 15;
/** Above it, zstd takes milliseconds for a small file. */
const HIGHEST_QUICK_LEVEL = 9;
/** zlib leaves this much of its window unused. */
const WINDOW_MARGIN_BYTES = 262;

/** Uses a window of just its size, which costs no bytes and saves zlib most of the memory that it clears each time. */
function deflateSmall(bytes: Buffer, level: number): Buffer {
  let windowBits = LEAST_WINDOW_BITS;
  while (windowBits < LARGEST_WINDOW_BITS && 2 ** windowBits < bytes.length + WINDOW_MARGIN_BYTES) windowBits++;
  return deflateRawSync(bytes, { level, windowBits, chunkSize: bytes.length + ROOM_BYTES });
}

/** Undefined when it would take too long. */
function zstdSmall(bytes: Buffer, level: number): Buffer | undefined {
  if (level > HIGHEST_QUICK_LEVEL) return undefined;
  const { constants, zstdCompressSync } = zstd!;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return zstdCompressSync(bytes, { params, chunkSize: bytes.length + ROOM_BYTES });
}

/** Compress a small file at a level, synchronously; undefined when that is not worth it. */
export const compressSmall: Readonly<Record<Compression, (bytes: Buffer, level: number) => Buffer | undefined>> = {
  deflate: deflateSmall,
  zstd: zstdSmall,
};
