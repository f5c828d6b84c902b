import { isUtf8 } from 'node:buffer';
import { LINE_BLOCK_BYTES, type LineBlock } from './format.js';

const LINE_FEED = 0x0a;

/** The reader's errors for input that `backup.jsonl` can never contain. */
export interface BlockErrors {
  tooLong(): Error;
  notUtf8(): Error;
  /** The last line has no line feed. */
  cutOff(): Error;
}

/**
 * Splits chunks, which may end anywhere, into blocks of whole lines. Memory: the longest line, and about one block.
 * @param maxLineBytes limit for a line; one may exceed it by a block before that is noticed
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Buffer>,
  maxLineBytes: number,
  errors: BlockErrors,
): AsyncGenerator<LineBlock> {
  const toBlock = (pieces: readonly Buffer[]): LineBlock => {
    const bytes = Buffer.concat(pieces);
    if (!isUtf8(bytes)) throw errors.notUtf8();
    return { bytes, count: countLines(bytes) };
  };
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    const toLineFeed = end === 0 ? chunk.length : chunk.indexOf(LINE_FEED);
    if (size + toLineFeed > maxLineBytes + LINE_BLOCK_BYTES) throw errors.tooLong();
    if (end === 0 || size + end < LINE_BLOCK_BYTES) {
      pending.push(chunk);
      size += chunk.length;
      continue;
    }
    yield toBlock([...pending, chunk.subarray(0, end)]);
    pending = end < chunk.length ? [chunk.subarray(end)] : [];
    size = chunk.length - end;
  }
  if (size === 0) return;
  if (pending.at(-1)!.at(-1) !== LINE_FEED) throw errors.cutOff();
  yield toBlock(pending);
}

/** Splits a block after its first lines. */
export function splitBlock({ bytes, count }: LineBlock, lines: number): [first: LineBlock, rest: LineBlock] {
  if (lines >= count) {
    return [
      { bytes, count },
      { bytes: bytes.subarray(bytes.length), count: 0 },
    ];
  }
  let end = 0;
  for (let line = 0; line < lines; line++) end = bytes.indexOf(LINE_FEED, end) + 1;
  return [
    { bytes: bytes.subarray(0, end), count: lines },
    { bytes: bytes.subarray(end), count: count - lines },
  ];
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
