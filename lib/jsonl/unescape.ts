import { skipPlain, viewOf } from './format.js';

const BACKSLASH = 0x5c;
const WORD_BYTES = 4;

/** The byte that each escape of one letter stands for. */
const MEANINGS = new Uint8Array(128);
for (const letter of '"\\/bfnrt') {
  MEANINGS[letter.charCodeAt(0)] = (JSON.parse(`"\\${letter}"`) as string).charCodeAt(0);
}

/** Memory for the bytes of strings that contain escapes, as `LineScanner` accepts them: without `\u`. */
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

  /** @param from a view of the bytes of which a string is between `start` and `end` */
  unescape(from: DataView, start: number, end: number): Uint8Array {
    const { memory, to, used } = this;
    let length = used;
    for (let at = start; at < end; ) {
      const plain = skipPlain(from, at, end);
      for (; at + WORD_BYTES <= plain; at += WORD_BYTES, length += WORD_BYTES) {
        to.setInt32(length, from.getInt32(at, true), true);
      }
      for (; at < plain; at++) to.setUint8(length++, from.getUint8(at));
      for (let tail = 0; tail < WORD_BYTES && at < end; tail++, at++) {
        const byte = from.getUint8(at);
        to.setUint8(length++, byte === BACKSLASH ? MEANINGS[from.getUint8(++at)]! : byte);
      }
    }
    this.used = length;
    return new Uint8Array(memory.buffer, memory.byteOffset + used, length - used);
  }
}
