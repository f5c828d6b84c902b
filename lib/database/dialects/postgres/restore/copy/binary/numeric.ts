import { type BinaryEncoder, digitAt, isDigit } from './encoder.js';

const [MINUS, POINT] = [0x2d, 0x2e];
/** Its digits are numbers below 10000, each in two bytes. */
const GROUP = 4;
/** The number of these, the weight of the first one, sign and scale. */
const HEADER_BYTES = 8;
const [POSITIVE, NEGATIVE] = [0, 0x4000];
const MOST_SCALE = 0x3fff;
const MOST_WHOLE_DIGITS = 131_072;

/** What is not a plain decimal number, such as NaN, is left to the type's input. */
export const numeric: BinaryEncoder = ({ bytes }, start, end, { view }, at) => {
  const isNegative = bytes[start] === MINUS;
  let first = isNegative ? start + 1 : start;
  const point = digitsEnd(bytes, first, end);
  const scale = Math.max(0, end - point - 1);
  if (point === first || point - first > MOST_WHOLE_DIGITS || scale > MOST_SCALE) return -1;
  if (point < end && (bytes[point] !== POINT || scale === 0 || digitsEnd(bytes, point + 1, end) < end)) return -1;
  while (first < point && digitAt(bytes, first) === 0) first++;

  const begin = at + HEADER_BYTES;
  const whole = putGroups(bytes, first, point, (point - first) % GROUP || GROUP, view, begin);
  const put = putGroups(bytes, point + 1, end, GROUP, view, whole);
  view.setInt16(at, (put - begin) / 2);
  view.setInt16(at + 2, (whole - begin) / 2 - 1);
  view.setUint16(at + 4, isNegative ? NEGATIVE : POSITIVE);
  view.setUint16(at + 6, scale);
  return put;
};

function digitsEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && isDigit(digitAt(bytes, at))) at++;
  return at;
}

/** @param size of the first group; the last one is filled up with zeros */
function putGroups(bytes: Buffer, start: number, end: number, size: number, view: DataView, at: number): number {
  let put = at;
  let group = 0;
  let missing = size;
  for (let digit = start; digit < end; digit++) {
    group = group * 10 + digitAt(bytes, digit);
    if (--missing > 0) continue;
    view.setInt16(put, group);
    put += 2;
    [group, missing] = [0, GROUP];
  }
  if (missing === GROUP) return put;
  view.setInt16(put, group * 10 ** missing);
  return put + 2;
}
