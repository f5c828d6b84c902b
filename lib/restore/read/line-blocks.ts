import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { archiveInvalid, overLimit } from '../../errors/archive-errors.js';

/** Some whole lines, with their line feeds. */
export interface Lines {
  readonly bytes: Buffer;
  readonly count: number;
}

const LINE_FEED = 0x0a;
/** Lines that are parsed in one go. */
const BLOCK_BYTES = 256 * 1024;

/** Splits a stream into lines. Memory: the longest line, and about a block. */
export class LineBlocks {
  /** Lines that were given out. */
  taken = 0;
  private readonly blocks: AsyncGenerator<Buffer>;
  private rest: Lines = { bytes: Buffer.alloc(0), count: 0 };

  constructor(stream: Readable, maxLineBytes: number) {
    this.blocks = wholeLines(stream, maxLineBytes, () => this.taken + 1);
  }

  /** The next lines, at most `count` of them and at least one; undefined at the end. */
  async next(count: number): Promise<Lines | undefined> {
    if (this.rest.count === 0) {
      const { value: bytes, done } = await this.blocks.next();
      if (done) return undefined;
      if (!isUtf8(bytes)) throw archiveInvalid(`its rows are not UTF-8, at line ${this.taken + 1} or later`);
      this.rest = { bytes, count: countLines(bytes) };
    }
    const { bytes, count: there } = this.rest;
    const number = Math.min(count, there);
    this.taken += number;
    const end = number === there ? bytes.length : endOfLine(bytes, number);
    this.rest = { bytes: bytes.subarray(end), count: there - number };
    return { bytes: bytes.subarray(0, end), count: number };
  }

  async close(): Promise<void> {
    await this.blocks.return(undefined);
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

/** Where the line after so many begins. */
function endOfLine(bytes: Buffer, lines: number): number {
  let end = 0;
  for (let line = 0; line < lines; line++) end = bytes.indexOf(LINE_FEED, end) + 1;
  return end;
}

/** Blocks that end with a line feed. */
async function* wholeLines(stream: Readable, maxBytes: number, line: () => number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (size + (end === 0 ? chunk.length : chunk.indexOf(LINE_FEED)) > maxBytes + BLOCK_BYTES) {
      throw overLimit(`a row, at line ${line()} or later, is longer than ${maxBytes} bytes`, 'lineBytes');
    }
    if (end > 0 && size + end >= BLOCK_BYTES) {
      pieces.push(chunk.subarray(0, end));
      yield Buffer.concat(pieces);
      pieces = [];
      size = 0;
      if (end === chunk.length) continue;
      pieces.push(chunk.subarray(end));
      size = chunk.length - end;
    } else {
      pieces.push(chunk);
      size += chunk.length;
    }
  }
  if (size === 0) return;
  const last = Buffer.concat(pieces);
  if (last.at(-1) !== LINE_FEED) throw archiveInvalid('its last row is cut off');
  yield last;
}
