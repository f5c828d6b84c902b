import { lend } from '../support/lent-bytes.js';
import { LINE_BLOCK_BYTES, type LineBlock, type LineTemplate, skipPlain, viewOf } from './format.js';

/** A value of a line: JSON, or the UTF-8 bytes of a text, which become a JSON string. */
export type LineCell = string | Uint8Array;

/** The memory of a block with a long line is not kept. */
const MOST_KEPT_BYTES = 4 * LINE_BLOCK_BYTES;
/** How many blocks are on their way at a time, and one that is being filled. */
const MOST_SPARE = 3;

/** Collects rows that were encoded in this process into line blocks of about `LINE_BLOCK_BYTES`, whose bytes are lent. */
export class LineBlockBuilder {
  private readonly literals: readonly Buffer[];
  private readonly spare: ByteBuilder[] = [];
  private bytes = new ByteBuilder(LINE_BLOCK_BYTES);
  private count = 0;

  constructor({ literals }: Pick<LineTemplate, 'literals'>) {
    this.literals = literals.map((literal, index) =>
      Buffer.from(index === literals.length - 1 ? `${literal}\n` : literal),
    );
  }

  /** @param values one for each column of the template, in its order */
  add(values: readonly LineCell[]): void {
    this.addBy((column, line) => {
      const value = values[column]!;
      if (typeof value === 'string') line.appendText(value);
      else appendQuoted(line, value);
    });
  }

  /** The same, by a function that appends the values itself: it is called for each column, in order. */
  addBy(append: (column: number, line: ByteBuilder) => void): void {
    const { bytes, literals } = this;
    const last = literals.length - 1;
    for (let column = 0; column < last; column++) {
      bytes.append(literals[column]!);
      append(column, bytes);
    }
    bytes.append(literals[last]!);
    this.count++;
  }

  /** Lines that were made elsewhere, each as the template has it and ended by a line feed. */
  addLines(lines: Uint8Array, count: number): void {
    this.bytes.append(lines);
    this.count += count;
  }

  /** Makes room for a long row at once. */
  expect(bytes: number): void {
    if (bytes > LINE_BLOCK_BYTES) this.bytes.reserve(bytes);
  }

  get full(): boolean {
    return this.bytes.length >= LINE_BLOCK_BYTES;
  }

  /** The rows since the last call, or undefined if there were none. */
  take(): LineBlock | undefined {
    if (this.count === 0) return undefined;
    const { bytes } = this;
    const block = { bytes: lend(bytes.filled, () => this.keep(bytes)), count: this.count };
    this.bytes = this.spare.pop() ?? new ByteBuilder(LINE_BLOCK_BYTES);
    this.count = 0;
    return block;
  }

  private keep(bytes: ByteBuilder): void {
    if (bytes.capacity > MOST_KEPT_BYTES || this.spare.length === MOST_SPARE) return;
    bytes.length = 0;
    this.spare.push(bytes);
  }
}

/** Shorter pieces are copied faster byte by byte. */
const SHORT_BYTES = 64;
/** Shorter texts are looked through faster byte by byte, since a view has to be made. */
const SHORT_TEXT_BYTES = 128;
/** What `skipPlain` looks at in one step. */
const WORD_BYTES = 4;
const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20];
/** The JSON escape of each byte that cannot be in a string as it is. */
const ESCAPES: readonly Buffer[] = Array.from({ length: BACKSLASH + 1 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
);

/** A sequence of bytes in memory that grows. */
export class ByteBuilder {
  length = 0;
  private memory: Buffer;

  /** @param expected number of bytes; a quarter more is allocated */
  constructor(expected: number) {
    this.memory = Buffer.allocUnsafeSlow(expected + expected / 4);
  }

  get filled(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  get capacity(): number {
    return this.memory.length;
  }

  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.reserve(end - start);
    if (end - start > SHORT_BYTES) {
      this.memory.set(bytes.subarray(start, end), this.length);
      this.length += end - start;
      return;
    }
    const { memory } = this;
    let length = this.length;
    for (let at = start; at < end; at++) memory[length++] = bytes[at]!;
    this.length = length;
  }

  /** Appends a string as UTF-8. */
  appendText(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.memory.write(text, this.length, 'utf8');
  }

  /** Makes room, at once if the number of bytes that follow is known. */
  reserve(more: number): void {
    if (this.length + more <= this.memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + more, this.memory.length * 2));
    this.memory.copy(larger, 0, 0, this.length);
    this.memory = larger;
  }
}

/** Appends a byte below 0x20, a quote or a backslash as a string of JSON contains it. */
export function appendEscaped(builder: ByteBuilder, byte: number): void {
  builder.append(ESCAPES[byte]!);
}

/** Appends a text, given as its UTF-8 bytes, in the form that JSON.stringify would write. */
export function appendQuoted(builder: ByteBuilder, text: Uint8Array): void {
  const quote = ESCAPES[QUOTE]!.subarray(1);
  const { length } = text;
  const view = length > SHORT_TEXT_BYTES ? viewOf(text) : undefined;
  builder.append(quote);
  let start = 0;
  for (let at = 0; at < length; ) {
    if (view) at = skipPlain(view, at, length);
    for (const stop = view ? Math.min(at + WORD_BYTES, length) : length; at < stop; at++) {
      const byte = text[at]!;
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) continue;
      builder.append(text, start, at);
      appendEscaped(builder, byte);
      start = at + 1;
    }
  }
  builder.append(text, start);
  builder.append(quote);
}
