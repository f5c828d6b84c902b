import type { Bytes } from '../../../../../../jsonl/bytes.js';

/**
 * Writes a value, given as the type's own text, in the form that its receive function reads. Never more bytes than
 * `MOST_MORE_BYTES` beyond those of the text.
 * @returns where it ends; -1 for a text that the type's input function has to read
 */
export type BinaryEncoder = (from: Bytes, start: number, end: number, to: Bytes, at: number) => number;

/** What the binary form of a value may be longer than its text, its own length in four bytes included. */
export const MOST_MORE_BYTES = 14;

const TWO_TO_32 = 2 ** 32;

/** An integer of at most 2^53. @returns where it ends */
export function putInt64(view: DataView, at: number, value: number): number {
  const high = Math.floor(value / TWO_TO_32);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * TWO_TO_32);
  return at + 8;
}

/** The value of a decimal digit, or something outside 0 to 9. */
export const digitAt = (bytes: Buffer, at: number): number => bytes[at]! - 0x30;

/** The number that two digits make, or NaN. */
export function twoDigits(bytes: Buffer, at: number): number {
  const [tens, ones] = [digitAt(bytes, at), digitAt(bytes, at + 1)];
  return isDigit(tens) && isDigit(ones) ? tens * 10 + ones : Number.NaN;
}

export const isDigit = (value: number): boolean => value >= 0 && value <= 9;
