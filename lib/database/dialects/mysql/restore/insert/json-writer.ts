import type { LineValue } from '../../../../../jsonl/format.js';
import { type CellWriter, string, textWriter } from './literals.js';

/** A string, a number, or the punctuation of JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{},:]/g;
const NUMBER = /^-?\d/;
/** What only a DECIMAL is written as, and no integer or double. */
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** Number of digits before the point from which the server uses exponents. */
const [LEAST, MOST] = [-15, 15];

/**
 * MySQL's own JSON, which it parses. Numbers that the parser would round are inserted as the decimals that they were.
 */
export function jsonWriter(): CellWriter {
  const text = textWriter();
  return {
    ...text,
    sent: undefined,
    literal: (value) => withDecimals(value)(text.literal(value)),
    bound: (value) => (exactNumbers(string(value)).length > 0 ? undefined : text.bound(value)),
    bytes: (value) => {
      const { bytes, wrap } = text.bytes(value);
      return { bytes, wrap: (expression) => withDecimals(value)(wrap(expression)) };
    },
  };
}

function withDecimals(value: LineValue): (expression: string) => string {
  const numbers = exactNumbers(string(value));
  if (numbers.length === 0) return (expression) => expression;
  const { literal } = textWriter();
  const settings = numbers.map(({ path, digits }) => `${literal(path)}, CAST('${digits}' AS ${decimalOf(digits)})`);
  return (expression) => `JSON_SET(${expression}, ${settings.join(', ')})`;
}

function decimalOf(digits: string): string {
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  return `DECIMAL(${Math.max(whole.length + fraction.length, 1)}, ${fraction.length})`;
}

/** A number in a document that a parser would change, and the path to it. */
interface ExactNumber {
  readonly path: string;
  readonly digits: string;
}

/**
 * MySQL's JSON may contain decimals, inserted by its functions, and writes them with all their digits; parsed again,
 * each would become the nearest double. Finds those that are not written like an integer or a double.
 */
function exactNumbers(json: string): ExactNumber[] {
  if (!mayHoldDecimals(json)) return [];
  const found: ExactNumber[] = [];
  const path: Array<string | number> = [];
  let key: string | undefined;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '[') {
      path.push(0);
    } else if (token === '{') {
      path.push('');
    } else if (token === ']' || token === '}') {
      path.pop();
    } else if (token === ':') {
      path[path.length - 1] = key!;
    } else if (token === ',') {
      const last = path.at(-1);
      if (typeof last === 'number') path[path.length - 1] = last + 1;
    } else if (token.startsWith('"')) {
      key = token;
    } else if (NUMBER.test(token) && isDecimal(token)) {
      found.push({ path: pathText(path), digits: token });
    }
  }
  return found;
}

/** For most documents, a quick test of their text is enough. */
function mayHoldDecimals(json: string): boolean {
  for (const [token] of json.matchAll(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g)) if (isDecimal(token)) return true;
  return false;
}

function pathText(path: ReadonlyArray<string | number>): string {
  return `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`;
}

function isDecimal(token: string): boolean {
  if (!DECIMAL.test(token)) return false;
  return token.includes('.') ? token !== doubleText(Number(token)) : !isInteger(token);
}

/** A 64-bit integer, signed or unsigned. */
function isInteger(token: string): boolean {
  if (token.length < 19) return true;
  const value = BigInt(token);
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

/** A double as the server writes it in JSON: with its shortest digits, which JavaScript finds, too. */
function doubleText(value: number): string {
  const [, digits = '', exponent = ''] = /^-?(.+)e(.+)$/.exec(value.toExponential()) ?? [];
  const bare = digits.replace('.', '');
  const places = Number(exponent) + 1;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0.0`;
  if (places <= LEAST || places > MOST) return `${sign}${digits}e${places - 1}`;
  if (places <= 0) return `${sign}0.${'0'.repeat(-places)}${bare}`;
  const whole = bare.slice(0, places).padEnd(places, '0');
  return `${sign}${whole}.${bare.slice(places) || '0'}`;
}
