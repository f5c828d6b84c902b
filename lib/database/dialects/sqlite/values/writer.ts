import type { LineValue } from '../../../../jsonl/format.js';
import type { CatalogColumn } from '../../../catalog-table.js';
import type { MappedColumn } from '../../../mapped-columns.js';
import { noWriter, type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { parseJson } from '../../../values/json-text.js';
import { UnfitError } from '../../../values/neutral.js';
import { exactNumber, withinRange } from '../../../values/numbers.js';
import { oneOf, wellFormed } from '../../../values/texts.js';
import { formatDateTime, formatTime, fractionDigits } from '../../../values/times.js';
import type { SqliteValue } from '../connection.js';
import { encodeValue } from '../value-codec.js';
import { writeJsonb } from './jsonb.js';

/** Writes values as TypeORM would, in the storage class that results from the column's affinity. */
export function writer(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter {
  const { encoding } = column;
  const declared = column.type.toLowerCase();
  const line = (value: SqliteValue) => asLine(column, value);
  if (encoding === 'boolean') return writerOf('boolean', (value) => line(value ? 1n : 0n));
  if (encoding === 'integer' || declared.includes('int')) {
    return writerOf('integer', (value) => line(withinRange(value, 64)));
  }
  if (encoding === 'numeric') return writerOf('decimal', (value) => line(numeric(value)));
  if (encoding === 'real') return writerOf('float', (value) => line(real(value)));
  if (encoding === 'base64') return writerOf('bytes', line);
  if (/^datetime|^timestamp/.test(declared)) return writerOf('instant', (value) => line(moment(value, mapped)));
  if (declared === 'date') return writerOf('date', line);
  if (/^time\b/.test(declared)) return writerOf('time', (value) => line(formatTime(value, fractionDigits(value))));
  if (declared === 'jsonb') return writerOf('json', (value) => line(writeJsonb(wellFormed(value))));
  if (declared === 'json') return writerOf('json', (value) => line(json(value)));
  if (mapped?.type === 'uuid') return writerOf('uuid', line);
  if (/char|clob|text/.test(declared)) {
    return writerOf('text', (value) => line(wellFormed(oneOf(value, mapped?.labels))));
  }
  return noWriter(column);
}

/** In the form that a backup would write. */
function asLine({ encoding }: CatalogColumn, value: SqliteValue): LineValue {
  return JSON.parse(encodeValue(encoding, value, () => Buffer.from(String(value)))) as LineValue;
}

/** SQLite stores it as a 64-bit INTEGER or as a REAL. @throws UnfitError when both would change it */
function numeric(decimal: string): bigint | number {
  const integer = decimal.includes('.') ? undefined : BigInt(decimal);
  return integer !== undefined && BigInt.asIntN(64, integer) === integer ? integer : exactNumber(decimal);
}

function real(value: number): number {
  if (Number.isNaN(value)) throw new UnfitError('are not a number (NaN), which the target cannot hold');
  if (Object.is(value, -0)) throw new UnfitError('are a negative zero, which the target cannot hold');
  return value;
}

/**
 * TypeORM writes milliseconds; where the database itself writes the time, it writes seconds. More precise values name
 * their zone, without which TypeORM would read them as local.
 */
function moment(micros: bigint, mapped: MappedColumn | undefined): string {
  const digits = fractionDigits(micros);
  if (digits === 6) return `${formatDateTime(micros, 6)}Z`;
  return formatDateTime(micros, mapped?.stamped ? digits : 3);
}

/** The column's affinity turns JSON that is a number into one. */
function json(text: string): string {
  const value = parseJson(text);
  if (typeof value === 'number') exactNumber(text.trim());
  return wellFormed(text);
}
