import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { archiveInvalid, overLimit } from '../errors/archive-errors.js';
import { LINE_BLOCK_BYTES, type LineBlock, LONGEST_LINE_BYTES } from './format.js';

/** The lines of all tables in sequence, as blocks of whole lines in valid UTF-8. */
export interface LineSource {
  /** Number of lines returned so far. */
  readonly taken: number;
  /**
   * Returns the next lines, between one and `count` of them; undefined at the end. They are valid until the next call.
   * @throws BackupError `ARCHIVE_INVALID`; an error of the stream that is read
   */
  next(count: number): Promise<LineBlock | undefined>;
  /** The SHA-256 of all lines since the previous call, in hexadecimal. */
  digest(): string;
  close(): Promise<void>;
}

/** The errors of a source, which name the current line. */
export function lineErrors(maxLineBytes: number, taken: () => number): BlockErrors {
  const place = () => `at line ${taken() + 1} or later`;
  return {
    tooLong: () => overLimit(`a row, ${place()}, is longer than ${maxLineBytes} bytes`, 'lineBytes'),
    notUtf8: () => archiveInvalid(`its rows are not UTF-8, ${place()}`),
    cutOff: () => archiveInvalid('its last row is cut off'),
  };
}

/** The lines of a stream, checked on demand. */
export class StreamedLines implements LineSource {
  taken = 0;
  private readonly blocks: AsyncGenerator<LineBlock>;
  private rest: LineBlock = { bytes: Buffer.alloc(0), count: 0 };
  private hash = createHash('sha256');

  /** @param maxLineBytes the longest line that is accepted; never more than a string of Node.js can hold for certain */
  constructor(
    private readonly stream: Readable,
    maxLineBytes = LONGEST_LINE_BYTES,
  ) {
    const limit = Math.min(maxLineBytes, LONGEST_LINE_BYTES);
    const errors = lineErrors(limit, () => this.taken);
    this.blocks = lineBlocks(stream as AsyncIterable<Buffer>, limit, errors);
  }

  async next(count: number): Promise<LineBlock | undefined> {
    if (this.rest.count === 0) {
      const { value, done } = await this.blocks.next();
      if (done) return undefined;
      this.rest = value;
    }
    const [block, rest] = splitBlock(this.rest, count);
    this.rest = rest;
    this.taken += block.count;
    this.hash.update(block.bytes);
    return block;
  }

  digest(): string {
    const digest = this.hash.digest('hex');
    this.hash = createHash('sha256');
    return digest;
  }

  async close(): Promise<void> {
    await this.blocks.return(undefined);
    this.stream.destroy();
  }
}

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
