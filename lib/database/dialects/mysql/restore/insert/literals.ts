import type { LineValue } from '../../../../../jsonl/format.js';
import { SINGLE_SURROGATE, surrogateBytes } from '../../surrogates.js';
import type { ValueKind } from './row-bytes.js';

/** Bytes, and the expression that turns them into the column's value. */
export interface CellBytes {
  readonly bytes: Buffer;
  wrap(expression: string): string;
}

/** Writes the values of one column for an INSERT. Never called for null. */
export interface CellWriter {
  literal(value: LineValue): string;
  /** The expression for a value of a prepared statement, with a question mark in it. */
  readonly placeholder: string;
  /** What takes the question mark's place; undefined for a value that only a literal represents. */
  bound(value: LineValue): string | number | undefined;
  /** The same for a value that is too long for a literal. */
  bytes(value: LineValue): CellBytes;
  /** Whether only non-strict mode accepts it: an enum's error value. */
  lenient(value: LineValue): boolean;
  /** Present if what `bound` gives for a value of a line has the same text. */
  readonly sent?: ValueKind;
}

/** For bytes that already are the column's value. */
export const asIs = (expression: string) => expression;
/** For bytes, of which a value of a prepared statement has the hexadecimal digits. */
export const BYTES = 'UNHEX(?)';
const asText = (expression: string) => `CONVERT(${expression} USING utf8mb4)`;

const SURROGATE = /[\ud800-\udfff]/;
/** Characters that have to be escaped in a literal, and what may be a single surrogate. */
const SPECIAL = /['\\\0\ud800-\udfff]/;
/** A literal; the session's sql_mode keeps the backslash as the escape character. */
const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0')}'`;

/** Text is sent in UTF-8 and converted by the server; what cannot be UTF-8 is sent as the stored bytes. */
export function textWriter(charset = 'utf8mb4'): CellWriter {
  return {
    literal: (value) => {
      const text = string(value);
      if (!SPECIAL.test(text)) return `'${text}'`;
      const raw = SINGLE_SURROGATE.test(text) ? surrogateBytes(text, charset) : undefined;
      return raw ? hex(raw) : quote(text);
    },
    placeholder: '?',
    sent: 'text',
    bound: (value) => {
      const text = string(value);
      return SURROGATE.test(text) && SINGLE_SURROGATE.test(text) ? undefined : text;
    },
    bytes: (value) => {
      const text = string(value);
      const raw = SINGLE_SURROGATE.test(text) ? surrogateBytes(text, charset) : undefined;
      return raw ? { bytes: raw, wrap: asIs } : { bytes: Buffer.from(text), wrap: asText };
    },
    lenient: () => false,
  };
}

export function string(value: LineValue): string {
  if (typeof value === 'string') return value;
  throw new Error('a value is not a string');
}

export const hex = (bytes: Buffer) => `X'${bytes.toString('hex')}'`;
