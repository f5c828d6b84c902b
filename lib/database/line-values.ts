import type { ColumnEncoding } from './column-encoding.js';
import type { LineValue } from './dialects/restore-dialect.js';

const HEX = /^(?:[0-9a-f]{2})*$/i;
const DIGITS = /^-?\d+$/;
const REAL = /^-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const isBase64 = (value: unknown) => typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value);
const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);

const PLAIN: Readonly<Record<ColumnEncoding, (value: unknown) => boolean>> = {
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  text: (value) => typeof value === 'string',
  hex: isText(HEX),
  base64: isBase64,
  index: isText(DIGITS),
  real: isText(REAL),
  numeric: isText(REAL),
};

const TAGGED = new Map<string, (value: unknown) => boolean>([
  ['i', isText(DIGITS)],
  ['r', isText(REAL)],
  ['b', isBase64],
  ['t', isBase64],
]);

/** Tells whether a JSON value is one that a column of this encoding may hold. */
export function valueCheck(encoding: ColumnEncoding): (value: unknown) => value is LineValue {
  const isPlain = PLAIN[encoding];
  return (value): value is LineValue =>
    value === null || (typeof value === 'object' ? isTagged(value) : isPlain(value));
}

function isTagged(value: object): boolean {
  const [field, ...more] = Object.entries(value);
  return field !== undefined && more.length === 0 && TAGGED.get(field[0])?.(field[1]) === true;
}
