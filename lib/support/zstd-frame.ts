/** A zstd frame whose bytes pass by, with the empty frame to be skipped that may follow it. */
export interface ZstdFrame {
  /** Bytes of both that have passed. */
  readonly length: number;
  /**
   * Takes the next bytes.
   * @returns how many of them have to be decompressed
   * @throws Error when this cannot be such a frame, or a decoder would need more than 8 MiB for its window
   */
  take(bytes: Uint8Array): number;
  /** @throws Error when the frame has not ended */
  end(): void;
}

/**
 * Finds where a zstd frame ends (RFC 8878, section 3.1.1), without decompressing it: some versions of Node read a frame
 * that is cut off as if it had ended, or go on with whatever follows it. Uses nothing of this file, because threads are
 * started from its source text.
 */
export function zstdFrame(): ZstdFrame {
  /** What RFC 8878 recommends that every decoder supports, and the most that levels up to 19 need. */
  const LARGEST_WINDOW = 8 * 1024 * 1024;
  const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
  /** Written for libarchive (see `zstdBlocks`). */
  const SKIPPED = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];
  const BLOCK_HEADER_BYTES = 3;
  const CHECKSUM_BYTES = 4;
  let part: 'start' | 'header' | 'block' | 'content' | 'checksum' | 'end' = 'start';
  /** Bytes that the part still lacks. */
  let missing = MAGIC.length + 1;
  /** Those that it has, unless it is content. */
  let bytesOfPart: number[] = [];
  let [isSingle, hasChecksum, isLast] = [false, false, false];
  let length = 0;
  let skipped = 0;

  const go = (next: typeof part, bytes: number) => {
    part = next;
    missing = bytes;
    bytesOfPart = [];
  };
  const readStart = (bytes: readonly number[]) => {
    const flags = bytes[MAGIC.length]!;
    if (MAGIC.some((byte, at) => byte !== bytes[at]) || (flags & 0x08) !== 0) throw new Error('not a zstd frame');
    if ((flags & 0x03) !== 0) throw new Error('it needs a dictionary');
    isSingle = (flags & 0x20) !== 0;
    hasChecksum = (flags & 0x04) !== 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!;
    go('header', (isSingle ? 0 : 1) + sizeBytes);
  };
  const readHeader = (bytes: readonly number[]) => {
    const [first] = bytes as [number];
    const least = 2 ** (10 + (first >> 3));
    // Without a window of its own, the frame's is its content, whose size has one byte, or two (less 256), four or eight.
    const size = bytes.reduce((sum, byte, at) => sum + byte * 256 ** at, bytes.length === 2 ? 256 : 0);
    const window = isSingle ? size : least + (least / 8) * (first & 7);
    if (window > LARGEST_WINDOW) throw new Error(`its window of ${window} bytes is larger than 8 MiB`);
    go('block', BLOCK_HEADER_BYTES);
  };
  const readBlock = ([low, middle, high]: readonly number[]) => {
    const type = (low! >> 1) & 3;
    if (type === 3) throw new Error('a block is of an unknown type');
    isLast = (low! & 1) === 1;
    // A block of one repeated byte has just that one.
    go('content', type === 1 ? 1 : (low! >> 3) | (middle! << 5) | (high! << 13));
  };
  const advance = () => {
    if (part === 'start') readStart(bytesOfPart);
    else if (part === 'header') readHeader(bytesOfPart);
    else if (part === 'block') readBlock(bytesOfPart);
    else if (part === 'content' && !isLast) go('block', BLOCK_HEADER_BYTES);
    else if (part === 'content' && hasChecksum) go('checksum', CHECKSUM_BYTES);
    else go('end', 0);
  };

  return {
    get length() {
      return length + (skipped === SKIPPED.length ? skipped : 0);
    },
    take(bytes) {
      let at = 0;
      while (part !== 'end' && (at < bytes.length || missing === 0)) {
        const count = Math.min(missing, bytes.length - at);
        if (part !== 'content') bytesOfPart.push(...bytes.subarray(at, at + count));
        at += count;
        missing -= count;
        if (missing === 0) advance();
      }
      for (let next = at; next < bytes.length && bytes[next] === SKIPPED[skipped]; next++) skipped++;
      length += at;
      return at;
    },
    end() {
      if (part !== 'end') throw new Error('unexpected end of file');
    },
  };
}
