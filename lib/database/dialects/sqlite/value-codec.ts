import { isUtf8 } from 'node:buffer';
import type { ColumnEncoding } from '../../column-encoding.js';
import type { LineValue } from '../restore-dialect.js';
import type { SqliteValue } from './connection.js';

const REPLACEMENT = '\uFFFD';
const DIGITS = /^-?\d+$/;

/**
 * One value as JSON. Values of the storage class that the encoding stands for are written plainly, all others tagged.
 * @param rawText reads the bytes of this value, for text that may not be valid UTF-8
 */
export function encodeValue(encoding: ColumnEncoding, value: SqliteValue, rawText: () => Uint8Array): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'bigint':
      return encodeInteger(encoding, value);
    case 'number':
      return encodeReal(encoding, value);
    case 'string':
      return encodeText(encoding, value, rawText);
    default: {
      const base64 = JSON.stringify(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
      return encoding === 'base64' ? base64 : `{"b":${base64}}`;
    }
  }
}

function encodeInteger(encoding: ColumnEncoding, value: bigint): string {
  if (encoding === 'boolean' && (value === 0n || value === 1n)) return value === 1n ? 'true' : 'false';
  if (encoding === 'integer' && BigInt.asIntN(54, value) === value && value !== -(2n ** 53n)) return String(value);
  return encoding === 'numeric' ? `"${value}"` : `{"i":"${value}"}`;
}

function encodeReal(encoding: ColumnEncoding, value: number): string {
  const shortest = String(value);
  if (encoding === 'real') return `"${shortest}"`;
  // In a numeric column digits alone stand for an INTEGER.
  if (encoding === 'numeric') return `"${DIGITS.test(shortest) ? `${shortest}.0` : shortest}"`;
  return `{"r":"${shortest}"}`;
}

function encodeText(encoding: ColumnEncoding, value: string, rawText: () => Uint8Array): string {
  if (value.includes(REPLACEMENT)) {
    // Drivers decode bytes that are no UTF-8 to this character, without a word.
    const bytes = rawText();
    if (!isUtf8(bytes)) return `{"t":"${Buffer.from(bytes).toString('base64')}"}`;
  }
  return encoding === 'text' ? JSON.stringify(value) : `{"t":"${Buffer.from(value, 'utf8').toString('base64')}"}`;
}

/** A value to be bound, and its storage class; `rawText` is TEXT given as its bytes, which are no valid UTF-8. */
export type DecodedValue =
  | { readonly as: 'null'; readonly value: null }
  | { readonly as: 'integer'; readonly value: bigint }
  | { readonly as: 'real'; readonly value: number }
  | { readonly as: 'text'; readonly value: string }
  | { readonly as: 'blob' | 'rawText'; readonly value: Buffer };

/** The value that `encodeValue` wrote. */
export function decodeValue(encoding: ColumnEncoding, value: LineValue): DecodedValue {
  if (value === null) return { as: 'null', value };
  if (typeof value === 'object') return decodeTagged(value);
  if (typeof value !== 'string') return { as: 'integer', value: BigInt(value) };
  if (encoding === 'base64') return { as: 'blob', value: Buffer.from(value, 'base64') };
  if (encoding === 'real') return { as: 'real', value: Number(value) };
  if (encoding !== 'numeric') return { as: 'text', value };
  return DIGITS.test(value) ? { as: 'integer', value: BigInt(value) } : { as: 'real', value: Number(value) };
}

function decodeTagged(tagged: Readonly<Record<string, string>>): DecodedValue {
  if (tagged.i !== undefined) return { as: 'integer', value: BigInt(tagged.i) };
  if (tagged.r !== undefined) return { as: 'real', value: Number(tagged.r) };
  if (tagged.b !== undefined) return { as: 'blob', value: Buffer.from(tagged.b, 'base64') };
  const bytes = Buffer.from(tagged.t ?? '', 'base64');
  return isUtf8(bytes) ? { as: 'text', value: bytes.toString('utf8') } : { as: 'rawText', value: bytes };
}
