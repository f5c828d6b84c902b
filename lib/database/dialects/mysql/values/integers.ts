import type { CatalogColumn } from '../../../catalog-table.js';
import type { MappedColumn } from '../../../mapped-columns.js';
import { type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { UnfitError } from '../../../values/neutral.js';
import { withinRange } from '../../../values/numbers.js';
import { baseType } from '../columns.js';
import { modifiers } from './types.js';

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
const [FIRST_YEAR, LAST_YEAR] = [1901n, 2155n];

export function isInteger(base: string): boolean {
  return base in BITS || base === 'bit' || base === 'year';
}

export function wholeNumbers(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter {
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
export function notNegative<Value extends number | string>(type: string, value: Value): Value {
  if (Number(value) >= 0 || !/ unsigned\b/.test(type)) return value;
  throw new UnfitError('are out of the range of the target');
}

function withinYears(value: bigint): bigint {
  if (value === 0n || (value >= FIRST_YEAR && value <= LAST_YEAR)) return value;
  throw new UnfitError('are out of the range of the target');
}
