import { UnfitError } from './neutral.js';

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;
/** More digits than any engine keeps. */
const MOST_DIGITS = 150_000;
const INTEGER = /^-?\d{1,40}$/;

/** Converts any notation of a finite number to a plain one. @throws UnfitError */
export function plainDecimal(text: string): string {
  const [, sign, whole = '', part = '', exponent = '0'] = NUMBER.exec(text.trim()) ?? [];
  if (whole + part === '' || text.length > MOST_DIGITS || Math.abs(Number(exponent)) > MOST_DIGITS) {
    throw new UnfitError('are not numbers');
  }
  const point = whole.length + Number(exponent);
  const digits = (whole + part).padStart(part.length + whole.length + Math.max(0, -point), '0');
  const at = Math.max(0, point);
  const padded = digits.padEnd(at, '0');
  const [before, after] = [padded.slice(0, at).replace(/^0+/, '') || '0', padded.slice(at).replace(/0+$/, '')];
  const plain = after === '' ? before : `${before}.${after}`;
  return sign === '-' && plain !== '0' ? `-${plain}` : plain;
}

/** Checks what an engine wrote as a whole number. @throws UnfitError for anything else that an archive may contain */
export function parseInteger(text: string): bigint {
  if (!INTEGER.test(text)) throw new UnfitError('are not whole numbers');
  return BigInt(text);
}

/** The same for a floating-point number. @throws UnfitError */
export function parseFloating(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw new UnfitError('are not numbers');
  return number;
}

/** @throws UnfitError if it has more digits than that, or more of them after the point */
export function withinDigits(decimal: string, precision: number, scale: number): string {
  const [whole, part = ''] = decimal.replace('-', '').split('.');
  if (whole!.replace(/^0/, '').length > precision - scale) {
    throw new UnfitError('have more digits than the target keeps');
  }
  if (part.length > scale) {
    throw new UnfitError(`have more than the ${scale} digits behind the point that the target keeps`);
  }
  return decimal;
}

/** @throws UnfitError */
export function withinRange(integer: bigint, bits: number, unsigned = false): bigint {
  const fits = (unsigned ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer)) === integer;
  if (!fits) throw new UnfitError('are out of the range of the target');
  return integer;
}

/** The number that a text represents exactly, in its shortest notation. @throws UnfitError */
export function exactNumber(decimal: string): number {
  const number = Number(decimal);
  if (Number.isFinite(number) && plainDecimal(String(number)) === plainDecimal(decimal)) return number;
  throw new UnfitError('have more digits than a floating-point number');
}

/** The number represented by the shortest text of a 32-bit floating-point number. */
export function shortestSingle(number: number): number {
  const single = Math.fround(number);
  if (single === 0) return single;
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(single.toPrecision(digits));
    if (Math.fround(text) === single) return text;
  }
  return Number(single.toPrecision(9));
}

/** @throws UnfitError when 32 bits would round it */
export function withinSingle(number: number): number {
  if (Object.is(shortestSingle(number), number)) return number;
  throw new UnfitError('have more digits than the floating-point number of 32 bits that the target keeps');
}

/** @throws UnfitError for NaN and infinities */
export function finite(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new UnfitError('are not finite, and the target has only finite numbers');
}
