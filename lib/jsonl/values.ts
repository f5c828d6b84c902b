/**
 * How the values of one column are written in `backup.jsonl`. The encoding belongs to the column, never to a single
 * value, and is recorded in the manifest. SQL NULL is always null.
 *
 * - `integer`: a JSON number (integers of up to 32 bits; SQLite: up to 2^53)
 * - `boolean`: true or false
 * - `text`: the server's own loss-free text, as a string
 * - `hex`, `base64`: bytes, as a string
 * - `index`: the number of an enum's label as a string of digits, where the empty label and the error value look alike
 * - `real`, `numeric`: SQLite's numbers as a string; in `numeric`, digits alone are an INTEGER, everything else a REAL
 *
 * In SQLite, any column may hold any storage class. A value whose class is not the one of its column's encoding is
 * written as an object with one key: `{"i":"<digits>"}`, `{"r":"<number>"}`, `{"b":"<base64>"}` or `{"t":"<base64 of
 * the text's bytes>"}` for INTEGER, REAL, BLOB and TEXT.
 */
export type ColumnEncoding = 'integer' | 'boolean' | 'text' | 'hex' | 'base64' | 'index' | 'real' | 'numeric';

/** A value of a line as `JSON.parse` gives it; objects are SQLite's tagged values. */
export type LineValue = null | boolean | number | string | Readonly<Record<string, string>>;

/** Some rows of one table; each has its values in the order of the columns. */
export type RowBatch = ReadonlyArray<readonly LineValue[]>;

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

/** Whether a column of this encoding may hold a JSON value. */
export function valueCheck(encoding: ColumnEncoding): (value: unknown) => value is LineValue {
  const isPlain = PLAIN[encoding];
  return (value): value is LineValue =>
    value === null || (typeof value === 'object' ? isTagged(value) : isPlain(value));
}

function isTagged(value: object): boolean {
  const [field, ...more] = Object.entries(value);
  return field !== undefined && more.length === 0 && TAGGED.get(field[0])?.(field[1]) === true;
}
