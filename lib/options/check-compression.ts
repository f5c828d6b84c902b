import { zstdWorks } from '../archive/compress/zstd-works.js';
import { type Compression, HIGHEST_LEVEL } from '../archive/compression.js';
import { invalidOption } from '../errors/usage-errors.js';
import { NODES_WITH_ZSTD } from '../support/zstd.js';

interface Given {
  readonly compression: Compression;
  readonly compressionLevel: number;
}

/**
 * @param whenUsed zstd is refused only when it is used, if this Node lacks it
 * @throws BackupError `INVALID_OPTIONS`
 */
export function checkCompression({ compression, compressionLevel: level }: Given, whenUsed: boolean): void {
  if (compression !== 'deflate' && compression !== 'zstd') {
    throw invalidOption('compression', 'the value is invalid', "Set 'deflate' or 'zstd'.");
  }
  if (compression === 'zstd' && !whenUsed && !zstdWorks()) {
    const remedy = `Use ${NODES_WITH_ZSTD}, or set 'deflate'.`;
    throw invalidOption('compression', `Node.js ${process.version} has no zstd that it could use`, remedy);
  }
  const highest = HIGHEST_LEVEL[compression];
  if (!Number.isInteger(level) || level < 0 || level > highest) {
    const remedy = `Set a whole number from 0 (stored) to ${highest}.`;
    throw invalidOption('compressionLevel', 'the value is invalid', remedy);
  }
}
