import type { LineValue } from '../../../../jsonl/values.js';
import { type CellWriter, string, textWriter } from './literals.js';

/** A string, or a number, wherever one stands in JSON, and what opens, closes and parts its values. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{},:]/g;
const NUMBER = /^-?\d/;
/** What a DECIMAL writes that no integer and no double would. */
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** Decimal places before the point at which the server goes over to exponents. */
const [LEAST, MOST] = [-15, 15];

/** MySQL's own JSON, which it parses. Numbers that the parser would round are put in as the decimals that they were. */
export function jsonWriter(): CellWriter {
  const text = textWriter();
  return {
    ...text,
    literal: (value) => withDecimals(value)(text.literal(value)),
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

/** A number of a document that a parser would take for another one, and the path to it. */
interface ExactNumber {
  readonly path: string;
  readonly digits: string;
}

/**
 * MySQL's JSON may hold decimals, put there by its functions, and writes them with all of their digits; read again, each
 * would be the nearest double. Finds those that are not written as an integer or a double is.
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

/** Of most documents the answer costs one look at their text. */
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

/** Of 64 bits, with a sign or without. */
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
