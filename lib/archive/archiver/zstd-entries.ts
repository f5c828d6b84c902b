import { zstd } from '../../support/zstd.js';
import { DEFLATED, ZSTANDARD } from '../compression.js';
import type { EngineEntry } from './internals.js';

/** ZIP 6.3, which introduced the method. */
const VERSION_NEEDED = 63;
/** Above it, compressing a small file takes milliseconds. */
const HIGHEST_QUICK_LEVEL = 9;
/** More than zstd may add to noise. */
const ROOM_BYTES = 128;

/** Makes an entry that would be deflated one of zstd, before its header is written. */
export function declareZstd(entry: EngineEntry): void {
  if (entry.getMethod() !== DEFLATED) return;
  entry.setMethod(ZSTANDARD);
  entry.setVersionNeededToExtract(VERSION_NEEDED);
  // The engine would declare the lower one of ZIP64.
  entry.setVersionNeededToExtract = () => {};
}

/** Compresses a small file synchronously; undefined when that would take too long. */
export function zstdSmall(bytes: Buffer, level: number): Buffer | undefined {
  if (level > HIGHEST_QUICK_LEVEL) return undefined;
  const { constants, zstdCompressSync } = zstd!;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return zstdCompressSync(bytes, { params, chunkSize: bytes.length + ROOM_BYTES });
}
