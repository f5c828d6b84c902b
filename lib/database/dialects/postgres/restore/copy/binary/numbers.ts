import { type BinaryEncoder, digitAt, isDigit, putInt64 } from './encoder.js';

const MINUS = 0x2d;
/** Any integer with this many digits is exact as a double. */
const SAFE_DIGITS = 15;
const FLOAT = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;
const NOT_FINITE = /^(?:NaN|-?Infinity)$/;
const [INT64_MIN, INT64_MAX] = [-(2n ** 63n), 2n ** 63n - 1n];

/** @returns NaN for anything but a few digits */
function smallInteger(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (first === end || end - first > SAFE_DIGITS) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = digitAt(bytes, at);
    if (!isDigit(digit)) return Number.NaN;
    value = value * 10 + digit;
  }
  return first === start ? value : -value;
}

export const int2: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  const value = smallInteger(bytes, start, end);
  if (!(value >= -(2 ** 15) && value < 2 ** 15)) return -1;
  to.view.setInt16(at, value);
  return at + 2;
};

export const int4: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  const value = smallInteger(bytes, start, end);
  if (!(value >= -(2 ** 31) && value < 2 ** 31)) return -1;
  to.view.setInt32(at, value);
  return at + 4;
};

export const int8: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  const small = smallInteger(bytes, start, end);
  if (!Number.isNaN(small)) return putInt64(to.view, at, small);
  const text = bytes.toString('latin1', start, end);
  if (!/^-?\d{16,19}$/.test(text)) return -1;
  const value = BigInt(text);
  if (value < INT64_MIN || value > INT64_MAX) return -1;
  to.view.setBigInt64(at, value);
  return at + 8;
};

/** @returns undefined where a server would not take the nearest double: out of range, or not a number's text */
function parseFloat8(text: string): number | undefined {
  const value = Number(text);
  if (NOT_FINITE.test(text)) return value;
  if (!FLOAT.test(text) || !Number.isFinite(value)) return undefined;
  return value === 0 && /[1-9]/.test(text.replace(/e.*/, '')) ? undefined : value;
}

export const float8: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  const value = parseFloat8(bytes.toString('latin1', start, end));
  if (value === undefined) return -1;
  to.view.setFloat64(at, value);
  return at + 8;
};

/** The smallest number that has all its bits. */
const SMALLEST_NORMAL = 2 ** -126;
const scratch = new DataView(new ArrayBuffer(8));

/** Halfway between two of single precision the text decides, which the double may have been rounded from. */
function isHalfway(value: number): boolean {
  scratch.setFloat64(0, value);
  return (scratch.getUint32(4) & 0x1fff_ffff) === 0x1000_0000;
}

export const float4: BinaryEncoder = ({ bytes }, start, end, to, at) => {
  const value = parseFloat8(bytes.toString('latin1', start, end));
  if (value === undefined) return -1;
  if (Number.isFinite(value) && value !== 0) {
    const single = Math.fround(value);
    if (!Number.isFinite(single) || Math.abs(single) < SMALLEST_NORMAL || isHalfway(value)) return -1;
  }
  to.view.setFloat32(at, value);
  return at + 4;
};
