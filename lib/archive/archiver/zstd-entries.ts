import { DEFLATED, ZSTANDARD } from '../compression.js';
import type { EngineEntry } from './internals.js';

/** ZIP 6.3, which introduced the method. */
const VERSION_NEEDED = 63;

/** Makes an entry that would be deflated one of zstd, before its header is written. */
export function declareZstd(entry: EngineEntry): void {
  if (entry.getMethod() !== DEFLATED) return;
  entry.setMethod(ZSTANDARD);
  entry.setVersionNeededToExtract(VERSION_NEEDED);
  // The engine would declare the lower one of ZIP64.
  entry.setVersionNeededToExtract = () => {};
}
