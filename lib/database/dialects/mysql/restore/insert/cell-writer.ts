import type { LineValue } from '../../../../../jsonl/format.js';
import type { LoadColumn } from '../../../restore-dialect.js';
import { baseType, declaredCharset } from '../../columns.js';
import { jsonWriter } from './json-writer.js';
import { asIs, BYTES, type CellWriter, hex, string, textWriter } from './literals.js';

const asInteger = (expression: string) => `CAST(${expression} AS UNSIGNED)`;
/** MySQL takes a parameter of CAST for a signed number, which ends at 2^63, unless it is surely a text. */
const textAsInteger = (expression: string) => asInteger(`CONVERT(${expression} USING utf8mb4)`);
const never = () => false;
const LABEL = /'(?:[^'\\]|''|\\.)*'/gs;

/** @throws Error, without values, when a value does not match the encoding */
export function cellWriter(column: LoadColumn): CellWriter {
  const { encoding, type, target } = column;
  const base = baseType(target.type);
  if (base === 'enum' && encoding !== 'base64') return enumWriter(column);
  if (encoding === 'integer') {
    const literal = (value: LineValue) => String(integer(value));
    const bytes = (value: LineValue) => ({ bytes: Buffer.from(literal(value)), wrap: asInteger });
    return { literal, placeholder: '?', sent: 'number', bound: integer, bytes, lenient: never };
  }
  if (encoding === 'base64' || encoding === 'hex') {
    const from = declaredCharset(type);
    // Bytes of an old character set; they are different text in another one.
    const wrap = from && from !== declaredCharset(target.type) ? (x: string) => `CONVERT(${x} USING ${from})` : asIs;
    const writer = bytesWriter((value) => Buffer.from(string(value), encoding), wrap);
    // No bytes stand for an enum's error value, unless there is an empty label, which has a number.
    return base === 'enum' ? { ...writer, lenient: (value) => value === '' } : writer;
  }
  if (base === 'json') return jsonWriter();
  return base === 'bit' ? wrapped(textWriter('utf8mb4'), textAsInteger) : textWriter(declaredCharset(target.type));
}

function bytesWriter(decode: (value: LineValue) => Buffer, wrap: (expression: string) => string): CellWriter {
  return {
    literal: (value) => wrap(hex(decode(value))),
    placeholder: wrap(BYTES),
    bound: (value) => decode(value).toString('hex'),
    bytes: (value) => ({ bytes: decode(value), wrap }),
    lenient: never,
  };
}

function wrapped(writer: CellWriter, wrap: (expression: string) => string): CellWriter {
  return {
    literal: (value) => wrap(writer.literal(value)),
    placeholder: wrap(writer.placeholder),
    bound: (value) => writer.bound(value),
    bytes: (value) => {
      const { bytes, wrap: inner } = writer.bytes(value);
      return { bytes, wrap: (expression) => wrap(inner(expression)) };
    },
    lenient: never,
  };
}

function integer(value: LineValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error('a value is not an integer');
}

/**
 * An enum's labels are written as text, or as numbers if the empty label and the error value look alike. The error
 * value, '' without such a label, has the number 0.
 */
function enumWriter({ encoding, type, target }: LoadColumn): CellWriter {
  const labels: readonly string[] = target.type.match(LABEL) ?? [];
  if (encoding !== 'index') {
    const hasEmpty = labels.includes("''");
    return { ...textWriter(), sent: undefined, lenient: (value) => value === '' && !hasEmpty };
  }
  const saved: readonly string[] = type.match(LABEL) ?? [];
  const number = (value: LineValue) => {
    if (typeof value !== 'string' || !/^\d{1,5}$/.test(value)) throw new Error('a value is not the number of a label');
    const index = value === '0' ? 0 : labels.indexOf(saved[Number(value) - 1] ?? '') + 1;
    if (index === 0 && value !== '0') throw new Error('a label no longer exists');
    return index;
  };
  const literal = (value: LineValue) => String(number(value));
  return {
    literal,
    placeholder: '?',
    bound: number,
    bytes: (value) => ({ bytes: Buffer.from(literal(value)), wrap: asInteger }),
    lenient: (value) => value === '0',
  };
}
