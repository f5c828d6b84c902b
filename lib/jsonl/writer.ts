import { lend } from '../support/lent-bytes.js';
import { type Bytes, bytesOf } from './bytes.js';
import { LINE_BLOCK_BYTES, type LineBlock, type LineTemplate, skipPlain, viewOf } from './format.js';

/** A value of a line: JSON, or the UTF-8 bytes of a text, which become a JSON string. */
export type LineCell = string | Uint8Array;

/** The memory of a block with a long line is not kept. */
const MOST_KEPT_BYTES = 4 * LINE_BLOCK_BYTES;
/** How many blocks are on their way at a time, and one that is being filled. */
const MOST_SPARE = 3;

/** Collects rows that were encoded in this process into line blocks of about `LINE_BLOCK_BYTES`, whose bytes are lent. */
export class LineBlockBuilder {
  private readonly literals: readonly Literal[];
  private readonly spare: ByteBuilder[] = [];
  private bytes = new ByteBuilder(LINE_BLOCK_BYTES);
  private count = 0;

  constructor({ literals }: Pick<LineTemplate, 'literals'>) {
    this.literals = literals.map((literal, index) =>
      literalOf(index === literals.length - 1 ? `${literal}\n` : literal),
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
      bytes.appendLiteral(literals[column]!);
      append(column, bytes);
    }
    bytes.appendLiteral(literals[last]!);
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

/** A text that is appended again and again, four bytes at a time. */
export interface Literal {
  /** The last one is filled up with zeros. */
  readonly words: Int32Array;
  readonly length: number;
}

export function literalOf(text: string): Literal {
  const bytes = Buffer.from(text);
  const words = new Int32Array(Math.ceil(bytes.length / WORD_BYTES));
  const padded = Buffer.concat([bytes], words.byteLength);
  words.forEach((_, index) => {
    words[index] = padded.readInt32LE(index * WORD_BYTES);
  });
  return { words, length: bytes.length };
}

/** Shorter pieces are copied faster byte by byte. */
const SHORT_BYTES = 64;
/** Shorter texts are looked through faster byte by byte, since a view has to be made. */
const SHORT_TEXT_BYTES = 128;
/** What is looked at or written in one step. */
const WORD_BYTES = 4;
const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20];
const [ONES, SPACES, HIGH_BITS] = [0x01010101, 0x20202020, 0x80808080];
/** The JSON escape of each byte that cannot be in a string as it is. */
const ESCAPES: readonly Buffer[] = Array.from({ length: BACKSLASH + 1 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
);

/** A sequence of bytes in memory that grows. Whoever has made room with `reserve` may write at `length`, and beyond it. */
export class ByteBuilder {
  length = 0;
  memory: Bytes;
  capacity: number;

  /** @param expected number of bytes; a quarter more is allocated */
  constructor(expected: number) {
    this.capacity = expected + Math.ceil(expected / 4);
    this.memory = bytesOf(Buffer.allocUnsafeSlow(this.capacity));
  }

  get filled(): Buffer {
    return this.memory.bytes.subarray(0, this.length);
  }

  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.reserve(end - start);
    if (end - start > SHORT_BYTES) {
      this.memory.bytes.set(bytes.subarray(start, end), this.length);
      this.length += end - start;
      return;
    }
    const { memory } = this;
    let length = this.length;
    for (let at = start; at < end; at++) memory.bytes[length++] = bytes[at]!;
    this.length = length;
  }

  appendLiteral({ words, length }: Literal): void {
    this.reserve(length + WORD_BYTES);
    const { view } = this.memory;
    let at = this.length;
    for (let index = 0; index < words.length; index++, at += WORD_BYTES) view.setInt32(at, words[index]!, true);
    this.length += length;
  }

  /** Appends a string as UTF-8. */
  appendText(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.memory.bytes.write(text, this.length, 'utf8');
  }

  /** Makes room, at once if the number of bytes that follow is known. */
  reserve(more: number): void {
    if (this.length + more > this.capacity) this.grow(more);
  }

  private grow(more: number): void {
    this.capacity = Math.max(this.length + more, this.capacity * 2);
    const larger = Buffer.allocUnsafeSlow(this.capacity);
    this.memory.bytes.copy(larger, 0, 0, this.length);
    this.memory = bytesOf(larger);
  }
}

/** Whether four bytes, of which one may be the beginning of a longer character, all stand for themselves in a string of JSON. */
export function isPlainWord(word: number): boolean {
  // As in `skipPlain`, which has to have its own.
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const found = ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - SPACES) & ~word);
  return (found & HIGH_BITS) === 0;
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
