const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** Any number with this many digits is exact as a double. */
const SAFE_DIGITS = 15;

/** An integer from its digits. @returns undefined for more than 15 digits, or anything else */
export function smallInteger(bytes: Uint8Array, start: number, end: number): number | undefined {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (first === end || end - first > SAFE_DIGITS) return undefined;
  let value = 0;
  for (let at = first; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < ZERO || byte > NINE) return undefined;
    value = value * 10 + byte - ZERO;
  }
  return first === start ? value : -value;
}
