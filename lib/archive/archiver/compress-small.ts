import { deflateRawSync } from 'node:zlib';
import { ZlibEngine } from '../../support/zlib-engine.js';
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

/** Returns undefined when that is not worth it. */
export type CompressSmall = (bytes: Buffer) => Buffer | undefined;

/** Uses a window of just its size, which costs no bytes and saves zlib most of the memory that it clears each time. */
function deflateSmall(level: number): CompressSmall {
  const engines = new Map<number, ZlibEngine>();
  const room = Buffer.allocUnsafeSlow(SMALL_FILE_BYTES + ROOM_BYTES);
  return (bytes) => {
    let windowBits = LEAST_WINDOW_BITS;
    while (windowBits < LARGEST_WINDOW_BITS && 2 ** windowBits < bytes.length + WINDOW_MARGIN_BYTES) windowBits++;
    const engine = engines.get(windowBits) ?? ZlibEngine.deflating({ level, windowBits });
    engines.set(windowBits, engine);
    const deflated = engine.run(bytes, room);
    if (deflated?.read === bytes.length) return Buffer.from(room.subarray(0, deflated.written));
    return deflateRawSync(bytes, { level, windowBits, chunkSize: bytes.length + ROOM_BYTES });
  };
}

/** Undefined when it would take too long. */
function zstdSmall(level: number): CompressSmall {
  if (level > HIGHEST_QUICK_LEVEL) return () => undefined;
  const { constants, zstdCompressSync } = zstd!;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return (bytes) => zstdCompressSync(bytes, { params, chunkSize: bytes.length + ROOM_BYTES });
}

/** Makes what compresses small files at a level, synchronously. */
export const smallCompressor: Readonly<Record<Compression, (level: number) => CompressSmall>> = {
  deflate: deflateSmall,
  zstd: zstdSmall,
};
