import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { BackupError } from '../../backup.errors.js';

/** Some whole lines, as bytes with their line feeds and as text without. */
export interface Lines {
  readonly bytes: Buffer;
  readonly lines: readonly string[];
}

const LINE_FEED = 0x0a;
/** Lines that are parsed in one go. */
const BLOCK_BYTES = 256 * 1024;

/** Splits a stream into lines. Memory: the longest line, and about a block. */
export class LineBlocks {
  /** Lines that were given out. */
  taken = 0;
  private readonly blocks: AsyncGenerator<Buffer>;
  private rest: Lines = { bytes: Buffer.alloc(0), lines: [] };

  constructor(stream: Readable, maxLineBytes: number) {
    this.blocks = wholeLines(stream, maxLineBytes, () => this.taken + 1);
  }

  /** The next lines, at most `count` of them and at least one; undefined at the end. */
  async next(count: number): Promise<Lines | undefined> {
    if (this.rest.lines.length === 0) {
      const { value: bytes, done } = await this.blocks.next();
      if (done) return undefined;
      this.rest = { bytes, lines: this.decode(bytes) };
    }
    const { bytes, lines } = this.rest;
    const number = Math.min(count, lines.length);
    this.taken += number;
    if (number === lines.length) {
      this.rest = { bytes: Buffer.alloc(0), lines: [] };
      return { bytes, lines };
    }
    let end = 0;
    for (let line = 0; line < number; line++) end = bytes.indexOf(LINE_FEED, end) + 1;
    this.rest = { bytes: bytes.subarray(end), lines: lines.slice(number) };
    return { bytes: bytes.subarray(0, end), lines: lines.slice(0, number) };
  }

  async close(): Promise<void> {
    await this.blocks.return(undefined);
  }

  private decode(bytes: Buffer): string[] {
    if (!isUtf8(bytes)) throw BackupError.archiveInvalid(`its rows are not UTF-8, at line ${this.taken + 1} or later`);
    const lines = bytes.toString('utf8').split('\n');
    lines.pop();
    return lines;
  }
}

/** Blocks that end with a line feed. */
async function* wholeLines(stream: Readable, maxBytes: number, line: () => number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (size + (end === 0 ? chunk.length : chunk.indexOf(LINE_FEED)) > maxBytes + BLOCK_BYTES) {
      throw BackupError.archiveInvalid(`a row, at line ${line()} or later, is longer than ${maxBytes} bytes`);
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
  if (last.at(-1) !== LINE_FEED) throw BackupError.archiveInvalid('its last row is cut off');
  yield last;
}
