import type { CatalogColumn } from '../../../catalog-table.js';
import type { MappedColumn } from '../../../mapped-columns.js';
import { noWriter, type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { distinctKeys, wellFormedJson } from '../../../values/json-text.js';
import { UnfitError } from '../../../values/neutral.js';
import { finite, withinDigits, withinRange, withinSingle } from '../../../values/numbers.js';
import { oneOf, withinBytes } from '../../../values/texts.js';
import { formatDateTime, formatTime, parseTime, withinPrecision } from '../../../values/times.js';
import { baseType, type MysqlColumn } from '../columns.js';
import { enumWriter, setWriter, textWriter } from './texts.js';
import { modifiers } from './types.js';

/** The maximum size in bytes of types without a length of their own. */
const MOST_BYTES: Readonly<Record<string, number>> = { tinyblob: 255, blob: 65_535, mediumblob: 16_777_215 };

/** Writes what `cellWriter` takes. */
export function writer(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter {
  const { type } = column;
  const base = baseType(type);
  const [first = 0, second = 0] = modifiers(type);
  if (isInteger(base)) return wholeNumbers(column, mapped);
  switch (base) {
    case 'decimal':
      return writerOf('decimal', (value) => withinDigits(notNegative(type, value), first, second));
    case 'float':
      // All digits: the shortest text of the largest one is out of range.
      return writerOf('float', (value) => numberText(Math.fround(withinSingle(finite(notNegative(type, value))))));
    case 'double':
      return writerOf('float', (value) => numberText(finite(notNegative(type, value))));
    case 'date':
      return writerOf('date', (value) => value);
    case 'time':
      return timeWriter(first);
    case 'datetime':
    case 'timestamp':
      return dateTimes(base, first);
    case 'json':
      return writerOf('json', mysqlJson);
    case 'uuid':
      return writerOf('uuid', (value) => value);
    case 'enum':
      return enumWriter(column);
    case 'set':
      return setWriter(type);
    case 'binary':
    case 'varbinary':
      return writerOf('bytes', (value) => withinBinary(base, value, first).toString('base64'));
    case 'longblob':
    case 'mediumblob':
    case 'blob':
    case 'tinyblob':
      return writerOf('bytes', (value) => withinBytes(value, MOST_BYTES[base]).toString('base64'));
    default:
      return /^(?:var)?char$|text$/.test(base) ? texts(column as MysqlColumn, mapped) : noWriter(column);
  }
}

function texts(column: MysqlColumn, mapped: MappedColumn | undefined): ValueWriter {
  const check = textWriter(column);
  // MariaDB's json is text with a check.
  if (mapped?.type === 'json') return writerOf('json', check);
  if (mapped?.type === 'uuid') return writerOf('uuid', check);
  return writerOf('text', (value) => check(oneOf(value, mapped?.labels)));
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
const [FIRST_YEAR, LAST_YEAR] = [1901n, 2155n];

function isInteger(base: string): boolean {
  return base in BITS || base === 'bit' || base === 'year';
}

function wholeNumbers(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter {
  const base = baseType(column.type);
  const asLine = (value: bigint) => (column.encoding === 'integer' ? Number(value) : String(value));
  // A boolean is 0 or 1.
  if (mapped && /^bool(?:ean)?$/.test(mapped.type)) return writerOf('boolean', (value) => asLine(value ? 1n : 0n));
  if (base === 'year') return writerOf('integer', (value) => asLine(withinYears(value)));
  const [length = 1] = modifiers(column.type);
  const bits = BITS[base] ?? length;
  const unsigned = base === 'bit' || / unsigned\b/.test(column.type);
  return writerOf('integer', (value) => asLine(withinRange(value, bits, unsigned)));
}

/** @throws UnfitError for a negative number in an unsigned column */
function notNegative<Value extends number | string>(type: string, value: Value): Value {
  if (Number(value) >= 0 || !/ unsigned\b/.test(type)) return value;
  throw new UnfitError('are out of the range of the target');
}

function withinYears(value: bigint): bigint {
  if (value === 0n || (value >= FIRST_YEAR && value <= LAST_YEAR)) return value;
  throw new UnfitError('are out of the range of the target');
}

const LONGEST = parseTime('838:59:59');
const SECOND = 1_000_000n;
/** 2038-01-19 03:14:07.999999 */
const LAST_TIMESTAMP = 2n ** 31n * SECOND - 1n;

function timeWriter(precision: number): ValueWriter {
  return writerOf('time', (value) => {
    if (value > LONGEST || value < -LONGEST) throw new UnfitError('are out of the range of the target');
    return formatTime(withinPrecision(value, precision, 'time(6)'), precision);
  });
}

/** A datetime is wall-clock time, a timestamp is an instant within a limited range of years. */
function dateTimes(base: 'datetime' | 'timestamp', precision: number): ValueWriter {
  const format = (value: bigint) => formatDateTime(withinPrecision(value, precision, `${base}(6)`), precision);
  if (base === 'datetime') return writerOf('wall', format);
  return writerOf('instant', (value) => {
    if (value < SECOND || value > LAST_TIMESTAMP) {
      throw new UnfitError('are out of the range of the target (a timestamp ends in 2038; datetime(6) takes them)');
    }
    return format(value);
  });
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.(\d+))?(?:[eE][+-]?\d+)?/g;
/** The most digits of a decimal, and the most of them after the point. */
const [DIGITS, SCALE] = [65, 30];
/** As many digits as every double distinguishes from its neighbours. */
const DOUBLE_DIGITS = 15;

/**
 * JSON that MySQL stores without changing it: each key once, whole characters, numbers that are doubles or decimals.
 * @throws UnfitError
 */
function mysqlJson(json: string): string {
  for (const [token, fraction = ''] of json.matchAll(TOKEN)) {
    if (!token.startsWith('"') && !isHeld(token, fraction.length)) {
      throw new UnfitError('are JSON with a number that the target would round');
    }
  }
  return distinctKeys(wellFormedJson(json));
}

function isHeld(token: string, scale: number): boolean {
  if (!Number.isFinite(Number(token))) return false;
  const [digits = '', exponent] = token.replace('-', '').toLowerCase().split('e');
  const count = digits.replace('.', '').replace(/^0+/, '').length;
  return exponent === undefined ? count <= DIGITS && scale <= SCALE : count <= DOUBLE_DIGITS;
}

/** @throws UnfitError when it is too long, or the server would pad it with zeros */
function withinBinary(base: 'binary' | 'varbinary', bytes: Buffer, length: number): Buffer {
  if (base === 'binary' && bytes.length < length) {
    throw new UnfitError(`are shorter than ${length} bytes, and the target fills them up with zeros`);
  }
  return withinBytes(bytes, length);
}
