import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { archiveInvalid, overLimit } from '../errors/archive-errors.js';
import { type BlockErrors, lineBlocks, splitBlock } from './blocks.js';
import { type LineBlock, LONGEST_LINE_BYTES } from './format.js';

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
