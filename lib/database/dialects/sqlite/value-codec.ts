import { isUtf8 } from 'node:buffer';
import type { ColumnEncoding, LineValue } from '../../../jsonl/format.js';
import type { LineCell } from '../../../jsonl/writer.js';
import type { SqliteValue } from './connection.js';

const REPLACEMENT = '\uFFFD';
const DIGITS = /^-?\d+$/;

/**
 * One value as JSON. Values of the encoding's storage class are written plainly, all others are tagged.
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
  // In a numeric column, digits alone represent an INTEGER.
  if (encoding === 'numeric') return `"${DIGITS.test(shortest) ? `${shortest}.0` : shortest}"`;
  return `{"r":"${shortest}"}`;
}

function encodeText(encoding: ColumnEncoding, value: string, rawText: () => Uint8Array): string {
  if (value.includes(REPLACEMENT)) {
    // Drivers silently decode bytes that are not UTF-8 to this character.
    const bytes = rawText();
    if (!isUtf8(bytes)) return `{"t":"${Buffer.from(bytes).toString('base64')}"}`;
  }
  return encoding === 'text' ? JSON.stringify(value) : `{"t":"${Buffer.from(value, 'utf8').toString('base64')}"}`;
}

/** The same for TEXT in a column with the encoding `text`, given as its bytes in UTF-8. */
export function encodeTextBytes(bytes: Uint8Array): LineCell {
  return isUtf8(bytes) ? bytes : `{"t":"${Buffer.from(bytes).toString('base64')}"}`;
}

/** TEXT whose bytes are not valid UTF-8, which no string can hold. */
export class RawText {
  constructor(readonly bytes: Uint8Array) {}
}

/** The archive contains what no writer would write. Says nothing about the value, which is a secret. */
export class UnreadableValueError extends Error {
  constructor() {
    super("a value is not written as its column's encoding says");
  }
}

/** The value that `encodeValue` wrote, in its storage class. @throws UnreadableValueError */
export function decodeValue(encoding: ColumnEncoding, value: LineValue): SqliteValue | RawText {
  if (value === null) return null;
  switch (typeof value) {
    case 'boolean':
      if (encoding === 'boolean') return value ? 1n : 0n;
      break;
    case 'number':
      if (encoding === 'integer' && Number.isSafeInteger(value)) return BigInt(value);
      break;
    case 'string':
      return decodeString(encoding, value);
    default:
      return decodeTagged(value);
  }
  throw new UnreadableValueError();
}

function decodeString(encoding: ColumnEncoding, value: string): SqliteValue {
  if (encoding === 'text') return value;
  if (encoding === 'base64') return Buffer.from(value, 'base64');
  if (encoding === 'real') return decodeReal(value);
  if (encoding === 'numeric') return DIGITS.test(value) ? decodeInteger(value) : decodeReal(value);
  throw new UnreadableValueError();
}

function decodeTagged(value: Readonly<Record<string, string>>): SqliteValue | RawText {
  const [[tag, content] = [], ...others] = Object.entries(value);
  if (typeof content !== 'string' || others.length > 0) throw new UnreadableValueError();
  if (tag === 'i' && DIGITS.test(content)) return decodeInteger(content);
  if (tag === 'r') return decodeReal(content);
  const bytes = Buffer.from(content, 'base64');
  if (tag === 'b') return bytes;
  if (tag === 't') return isUtf8(bytes) ? bytes.toString('utf8') : new RawText(bytes);
  throw new UnreadableValueError();
}

function decodeInteger(digits: string): bigint {
  const integer = BigInt(digits);
  if (BigInt.asIntN(64, integer) !== integer) throw new UnreadableValueError();
  return integer;
}

/** Drivers would turn anything but a number into NULL. */
function decodeReal(shortest: string): number {
  const real = Number(shortest);
  if (shortest.trim() === '' || Number.isNaN(real)) throw new UnreadableValueError();
  return real;
}
