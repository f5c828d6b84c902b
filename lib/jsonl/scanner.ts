import { skipPlain } from './format.js';

/**
 * Finds the values of lines that are written exactly as `lineTemplate` prescribes, without converting them. It is many
 * times as fast as parsing, and accepts nothing that parsing would reject. It reports every other line as unexpected,
 * valid or not.
 */
export interface LineScanner {
  /** Start and end of each value of the line, in the template's order; for a string, of the text between its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Whether each value is null. */
  readonly nulls: Uint8Array;
  /** Whether a string contains escapes. */
  readonly escaped: Uint8Array;
  /**
   * @param view of the same bytes, to read several at a time
   * @returns the start of the next line, or -1 when this one is not written as expected
   */
  scan(bytes: Buffer, view: DataView, at: number): number;
}

/** What a scanner is made from: the literals of a `lineTemplate`, and the encodings of its columns. */
export interface ScannedLines {
  readonly literals: readonly string[];
  readonly encodings: readonly string[];
}

export const lineScanner = (lines: ScannedLines): LineScanner => makeScanner(lines, skipPlain);

/** Uses nothing else of this file, because a thread that scans is started from its source text. */
export function makeScanner({ literals, encodings }: ScannedLines, skip: typeof skipPlain): LineScanner {
  const QUOTE = 0x22;
  const MINUS = 0x2d;
  const ZERO = 0x30;
  const NINE = 0x39;
  const BACKSLASH = 0x5c;
  const SPACE = 0x20;
  const LINE_FEED = 0x0a;
  const SMALL_N = 0x6e;
  /** Any number with this many digits is exact as a double. */
  const SAFE_DIGITS = 15;
  const WORD_BYTES = 4;
  /** What may follow a backslash, except `u`. */
  const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));

  /** A text that is looked for at one place of many lines: compared four bytes at a time. */
  const literal = (text: string) => {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    const count = Math.floor(length / WORD_BYTES);
    const words = Int32Array.from({ length: count }, (_, index) => bytes.readInt32LE(index * WORD_BYTES));
    /** The last four bytes, most of which may also be in the word before. */
    const last = count > 0 ? bytes.readInt32LE(length - WORD_BYTES) : 0;
    return { bytes, length, words, count, last };
  };
  type Literal = ReturnType<typeof literal>;

  /**
   * @param end of the view, which engines are slow to tell
   * @returns the position after the text if it begins here, or -1
   */
  const after = (text: Literal, view: DataView, end: number, at: number): number => {
    const { words, count } = text;
    const position = at + text.length;
    if (position > end) return -1;
    if (count === 0) return afterShort(text.bytes, view, at);
    for (let index = 0, from = at; index < count; index++, from += WORD_BYTES) {
      if (view.getInt32(from, true) !== words[index]) return -1;
    }
    return view.getInt32(position - WORD_BYTES, true) === text.last ? position : -1;
  };

  const afterShort = (bytes: Buffer, view: DataView, at: number): number => {
    for (let index = 0; index < bytes.length; index++) if (view.getUint8(at + index) !== bytes[index]) return -1;
    return at + bytes.length;
  };

  const isHexDigit = (byte: number) =>
    (byte >= ZERO && byte <= NINE) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);

  const hexEnd = (bytes: Buffer, at: number): number => {
    let position = at;
    while (isHexDigit(bytes[position]!)) position++;
    return bytes[position] === QUOTE && (position - at) % 2 === 0 ? position : -1;
  };

  /** As in JSON: no leading zeros, and here neither fraction nor exponent. */
  const integerEnd = (bytes: Buffer, at: number): number => {
    const first = bytes[at] === MINUS ? at + 1 : at;
    let position = first;
    while (bytes[position]! >= ZERO && bytes[position]! <= NINE) position++;
    const digits = position - first;
    if (digits === 0 || digits > SAFE_DIGITS || (digits > 1 && bytes[first] === ZERO)) return -1;
    return position;
  };

  /** Not the words themselves: in a thread, those are strings that are slow to compare. */
  const KINDS = ['integer', 'boolean', 'hex', 'text'];
  const [INTEGER, BOOLEAN, HEX, TEXT] = [0, 1, 2, 3];
  const kinds = Int32Array.from(encodings, (encoding) => KINDS.indexOf(encoding));
  const texts = literals.map(literal);
  const [NULL, TRUE, FALSE] = [literal('null'), literal('true'), literal('false')];
  const starts = new Int32Array(encodings.length);
  const ends = new Int32Array(encodings.length);
  const nulls = new Uint8Array(encodings.length);
  const escaped = new Uint8Array(encodings.length);

  /** Finds the closing quote of a JSON string without `\u`, which is left to the parser. */
  const textEnd = (bytes: Buffer, view: DataView, at: number, index: number): number => {
    const { length } = bytes;
    for (let position = at; position < length; position++) {
      position = skip(view, position, length);
      const byte = bytes[position]!;
      if (byte === QUOTE) return position;
      if (byte < SPACE) return -1;
      if (byte !== BACKSLASH) continue;
      if (!ESCAPED.has(bytes[++position]!)) return -1;
      escaped[index] = 1;
    }
    return -1;
  };

  const valueEnd = (bytes: Buffer, view: DataView, at: number, index: number): number => {
    const { length } = bytes;
    const kind = kinds[index]!;
    nulls[index] = 0;
    if (bytes[at] === SMALL_N) {
      const end = after(NULL, view, length, at);
      if (end >= 0) nulls[index] = 1;
      return end;
    }
    starts[index] = at;
    escaped[index] = 0;
    if (kind === INTEGER) return (ends[index] = integerEnd(bytes, at));
    if (kind === BOOLEAN) {
      return (ends[index] = Math.max(after(TRUE, view, length, at), after(FALSE, view, length, at)));
    }
    if (bytes[at] !== QUOTE) return -1;
    starts[index] = at + 1;
    const quote = kind === TEXT ? textEnd(bytes, view, at + 1, index) : kind === HEX ? hexEnd(bytes, at + 1) : -1;
    ends[index] = quote;
    return quote < 0 ? -1 : quote + 1;
  };

  const scan = (bytes: Buffer, view: DataView, at: number): number => {
    const { length } = bytes;
    let position = at;
    for (let index = 0; index < encodings.length; index++) {
      position = after(texts[index]!, view, length, position);
      if (position < 0) return -1;
      position = valueEnd(bytes, view, position, index);
      if (position < 0) return -1;
    }
    position = after(texts[encodings.length]!, view, length, position);
    return position >= 0 && bytes[position] === LINE_FEED ? position + 1 : -1;
  };

  return { starts, ends, nulls, escaped, scan };
}
