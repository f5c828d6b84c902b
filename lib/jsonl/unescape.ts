import { skipPlain, viewOf } from './format.js';

/**
 * Writes a string of JSON without its escapes, as a scanner accepts them: there is no `\u`. Uses nothing else of this
 * file, because a thread that does so is started from its source text.
 * @param from the bytes of which the string is between `start` and `end`
 * @param to gets no more bytes than the string has, from `at` on
 * @returns where they end
 */
export function unescapeInto(
  from: DataView,
  start: number,
  end: number,
  to: DataView,
  at: number,
  skip: typeof skipPlain,
): number {
  const BACKSLASH = 0x5c;
  const WORD_BYTES = 4;
  const meaning = (letter: number): number => {
    switch (letter) {
      case 0x62: // b
        return 0x08;
      case 0x66: // f
        return 0x0c;
      case 0x6e: // n
        return 0x0a;
      case 0x72: // r
        return 0x0d;
      case 0x74: // t
        return 0x09;
      default:
        return letter;
    }
  };
  let length = at;
  for (let position = start; position < end; ) {
    const plain = skip(from, position, end);
    for (; position + WORD_BYTES <= plain; position += WORD_BYTES, length += WORD_BYTES) {
      to.setInt32(length, from.getInt32(position, true), true);
    }
    for (; position < plain; position++) to.setUint8(length++, from.getUint8(position));
    for (let tail = 0; tail < WORD_BYTES && position < end; tail++, position++) {
      const byte = from.getUint8(position);
      to.setUint8(length++, byte === BACKSLASH ? meaning(from.getUint8(++position)) : byte);
    }
  }
  return length;
}

/** Memory for strings without their escapes. */
export class Unescaper {
  private memory = Buffer.alloc(0);
  private to = viewOf(this.memory);
  private used = 0;

  /** What was returned before is overwritten from now on. @param longest number of bytes that are unescaped */
  reset(longest: number): void {
    this.used = 0;
    if (this.memory.length >= longest) return;
    this.memory = Buffer.allocUnsafeSlow(Math.max(longest, 2 * this.memory.length));
    this.to = viewOf(this.memory);
  }

  unescape(from: DataView, start: number, end: number): Buffer {
    const { memory, used } = this;
    this.used = unescapeInto(from, start, end, this.to, used, skipPlain);
    return memory.subarray(used, this.used);
  }
}
