import { type ColumnEncoding, type LineTemplate, skipPlain, viewOf } from './format.js';

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
/** Any number with this many digits is exact as a double. */
const SAFE_DIGITS = 15;
const WORD_BYTES = 4;

/** A text that is looked for at one place of many lines: compared four bytes at a time. */
class Literal {
  private readonly bytes: Buffer;
  private readonly words: Int32Array;
  /** The last four bytes, most of which may also be in the word before. */
  private readonly last: number;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.bytes = bytes;
    const count = Math.floor(bytes.length / WORD_BYTES);
    this.words = Int32Array.from({ length: count }, (_, index) => bytes.readInt32LE(index * WORD_BYTES));
    this.last = count > 0 ? bytes.readInt32LE(bytes.length - WORD_BYTES) : 0;
  }

  /**
   * @param length of the view, which engines are slow to tell
   * @returns the position after the text if it begins here, or -1
   */
  after(view: DataView, length: number, at: number): number {
    const { bytes, words } = this;
    const end = at + bytes.length;
    if (end > length) return -1;
    if (words.length === 0) {
      for (let index = 0; index < bytes.length; index++) if (view.getUint8(at + index) !== bytes[index]) return -1;
      return end;
    }
    for (let index = 0; index < words.length; index++) {
      if (view.getInt32(at + index * WORD_BYTES, true) !== words[index]) return -1;
    }
    return view.getInt32(end - WORD_BYTES, true) === this.last ? end : -1;
  }
}

const [NULL, TRUE, FALSE] = [new Literal('null'), new Literal('true'), new Literal('false')];
/** What may follow a backslash, except `u`. */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Finds the values of lines that are written exactly as `lineTemplate` prescribes, without converting them. It is many
 * times as fast as parsing, and accepts nothing that parsing would reject. It reports every other line as unexpected,
 * valid or not.
 */
export class LineScanner {
  /** Start and end of each value of the line, in the template's order; for a string, of the text between its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Whether each value is null. */
  readonly nulls: Uint8Array;
  /** Whether a string contains escapes. */
  readonly escaped: Uint8Array;
  private readonly literals: readonly Literal[];
  private bytes: Buffer | undefined;
  /** The same bytes, to be read several at a time. */
  private view!: DataView;

  constructor(
    { literals }: Pick<LineTemplate, 'literals'>,
    private readonly encodings: readonly ColumnEncoding[],
  ) {
    this.literals = literals.map((literal) => new Literal(literal));
    this.starts = new Int32Array(encodings.length);
    this.ends = new Int32Array(encodings.length);
    this.nulls = new Uint8Array(encodings.length);
    this.escaped = new Uint8Array(encodings.length);
  }

  /** @returns the start of the next line, or -1 when this one is not written as expected */
  scan(bytes: Buffer, at: number): number {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    let position = at;
    for (let index = 0; index < this.encodings.length; index++) {
      position = this.literals[index]!.after(this.view, bytes.length, position);
      if (position < 0) return -1;
      position = this.value(bytes, position, index);
      if (position < 0) return -1;
    }
    position = this.literals.at(-1)!.after(this.view, bytes.length, position);
    return position >= 0 && bytes[position] === LINE_FEED ? position + 1 : -1;
  }

  private value(bytes: Buffer, at: number, index: number): number {
    const { view } = this;
    const encoding = this.encodings[index]!;
    const end = NULL.after(view, bytes.length, at);
    this.nulls[index] = end < 0 ? 0 : 1;
    if (end >= 0) return end;
    this.starts[index] = at;
    if (encoding === 'integer') return (this.ends[index] = integerEnd(bytes, at));
    if (encoding === 'boolean') {
      const { length } = bytes;
      return (this.ends[index] = Math.max(TRUE.after(view, length, at), FALSE.after(view, length, at)));
    }
    if (bytes[at] !== QUOTE) return -1;
    this.starts[index] = at + 1;
    const quote =
      encoding === 'hex' ? hexEnd(bytes, at + 1) : encoding === 'text' ? this.textEnd(bytes, at + 1, index) : -1;
    this.ends[index] = quote;
    return quote < 0 ? -1 : quote + 1;
  }

  /** Finds the closing quote of a JSON string without `\u`, which is left to the parser. */
  private textEnd(bytes: Buffer, at: number, index: number): number {
    this.escaped[index] = 0;
    const { view } = this;
    for (let position = at; position < bytes.length; position++) {
      position = skipPlain(view, position, bytes.length);
      const byte = bytes[position]!;
      if (byte === QUOTE) return position;
      if (byte < SPACE) return -1;
      if (byte !== BACKSLASH) continue;
      if (!ESCAPED.has(bytes[++position]!)) return -1;
      this.escaped[index] = 1;
    }
    return -1;
  }
}

function hexEnd(bytes: Buffer, at: number): number {
  let position = at;
  while (isHexDigit(bytes[position]!)) position++;
  return bytes[position] === QUOTE && (position - at) % 2 === 0 ? position : -1;
}

function isHexDigit(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
}

/** As in JSON: no leading zeros, and here neither fraction nor exponent. */
function integerEnd(bytes: Buffer, at: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  let position = first;
  while (bytes[position]! >= ZERO && bytes[position]! <= NINE) position++;
  const digits = position - first;
  if (digits === 0 || digits > SAFE_DIGITS || (digits > 1 && bytes[first] === ZERO)) return -1;
  return position;
}
