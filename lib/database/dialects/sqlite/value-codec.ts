import { isUtf8 } from 'node:buffer';
import type { ColumnEncoding } from '../../column-encoding.js';
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
