import type { ColumnEncoding, LineValue } from '../../../../jsonl/format.js';
import type { ArchivedColumn, ValueReader } from '../../../values/engine-values.js';
import { type Kind, type Neutral, UnfitError } from '../../../values/neutral.js';
import { parseDateTime } from '../../../values/times.js';
import { decodeValue, RawText, UnreadableValueError } from '../value-codec.js';
import { readJsonb } from './jsonb.js';

const KINDS: Readonly<Record<ColumnEncoding, Kind>> = {
  integer: 'integer',
  boolean: 'boolean',
  text: 'text',
  hex: 'bytes',
  base64: 'bytes',
  index: 'integer',
  real: 'float',
  numeric: 'decimal',
};

/** Reads a value by its storage class; the declared type of its column only decides what text, and 0 and 1, mean. */
export function reader({ type, encoding }: ArchivedColumn): ValueReader {
  const declared = type.toLowerCase();
  const meaning = /^datetime|^timestamp/.test(declared) ? 'instant' : /^jsonb?$/.test(declared) ? 'json' : undefined;
  const asText = (text: string): Neutral => {
    if (meaning === 'instant') return { kind: 'instant', value: parseDateTime(text).micros };
    return { kind: meaning ?? 'text', value: text };
  };
  const kind = meaning ?? (/INT/i.test(type) ? 'integer' : KINDS[encoding]);
  return {
    kind,
    read: (line) => {
      const value = decode(encoding, line);
      if (typeof value === 'string') return asText(value);
      if (value instanceof Uint8Array) {
        const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        return declared === 'jsonb' ? { kind: 'json', value: readJsonb(bytes) } : { kind: 'bytes', value: bytes };
      }
      // A number is JSON, too.
      if (meaning === 'json') return { kind: 'json', value: String(value) };
      if (typeof value === 'number') return { kind: 'float', value };
      return encoding === 'boolean' && (value === 0n || value === 1n)
        ? { kind: 'boolean', value: value === 1n }
        : { kind: 'integer', value };
    },
  };
}

function decode(encoding: ColumnEncoding, line: Exclude<LineValue, null>): string | number | bigint | Uint8Array {
  try {
    const value = decodeValue(encoding, line);
    if (!(value instanceof RawText) && value !== null) return value;
  } catch (error) {
    if (!(error instanceof UnreadableValueError)) throw error;
  }
  throw new UnfitError('are text that is not valid UTF-8');
}
