import { copyRange } from '../../../../../../jsonl/bytes.js';
import type { BinaryEncoder } from './encoder.js';

/** The same bytes in both forms. */
export const text: BinaryEncoder = copyRange;

const SPACE = 0x20;
const SPACES = 0x20202020;
const WORD_BYTES = 4;

/**
 * A value that is padded with spaces to a declared length, without these: the server adds them again, in a fraction of
 * the time in which it counts their characters.
 */
export const padded: BinaryEncoder = (from, start, end, to, at) => {
  let last = end;
  while (last - WORD_BYTES >= start && from.view.getInt32(last - WORD_BYTES, true) === SPACES) last -= WORD_BYTES;
  while (last > start && from.bytes[last - 1] === SPACE) last--;
  return copyRange(from, start, last, to, at);
};

/** The version of its form comes first. */
export const jsonb: BinaryEncoder = (from, start, end, to, at) => {
  to.bytes[at] = 1;
  return copyRange(from, start, end, to, at + 1);
};

/** The scanner accepts no other word than `true` and `false`. */
export const bool: BinaryEncoder = (_from, start, end, { bytes }, at) => {
  bytes[at] = end - start === 'true'.length ? 1 : 0;
  return at + 1;
};

/** The value of each hexadecimal digit; -1 for what is none. */
const NIBBLES = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte | 0x20)),
);
NIBBLES.forEach((_, byte) => {
  if (!/[0-9a-fA-F]/.test(String.fromCharCode(byte))) NIBBLES[byte] = -1;
});

function putHex(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  let put = at;
  for (let digit = start; digit < end; digit += 2) {
    const [high, low] = [NIBBLES[from[digit]!]!, NIBBLES[from[digit + 1]!]!];
    if (high < 0 || low < 0) return -1;
    to[put++] = (high << 4) | low;
  }
  return put;
}

export const bytea: BinaryEncoder = ({ bytes }, start, end, to, at) =>
  (end - start) % 2 === 0 ? putHex(bytes, start, end, to.bytes, at) : -1;

const DASH = 0x2d;
/** Where the groups of hexadecimal digits begin and end. */
const UUID_GROUPS = [
  [0, 8],
  [9, 13],
  [14, 18],
  [19, 23],
  [24, 36],
] as const;

export const uuid: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  if (end - start !== 36) return -1;
  let put = at;
  for (const [from, until] of UUID_GROUPS) {
    if (from > 0 && bytes[start + from - 1] !== DASH) return -1;
    put = putHex(bytes, start + from, start + until, to.bytes, put);
    if (put < 0) return -1;
  }
  return put;
};
