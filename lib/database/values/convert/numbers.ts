import { type Neutral, UnfitError } from '../neutral.js';
import { exactNumber, finite, plainDecimal } from '../numbers.js';

/** Every conversion returns undefined for kinds that it cannot convert. */
export function toInteger(from: Neutral): bigint | undefined {
  if (from.kind === 'integer') return from.value;
  const decimal = toDecimal(from);
  if (decimal === undefined) return undefined;
  if (decimal.includes('.')) throw new UnfitError('are not whole numbers');
  return BigInt(decimal);
}

export function toDecimal(from: Neutral): string | undefined {
  switch (from.kind) {
    case 'decimal':
      return from.value;
    case 'integer':
      return String(from.value);
    case 'boolean':
      return from.value ? '1' : '0';
    case 'float':
      return plainDecimal(String(finite(from.value)));
    case 'text':
      return plainDecimal(from.value);
    default:
      return undefined;
  }
}

export function toFloat(from: Neutral): number | undefined {
  if (from.kind === 'float') return from.value;
  const decimal = toDecimal(from);
  return decimal === undefined ? undefined : exactNumber(decimal);
}

export function toBoolean(from: Neutral): boolean | undefined {
  if (from.kind === 'boolean') return from.value;
  if (from.kind !== 'integer' && from.kind !== 'decimal' && from.kind !== 'float') return undefined;
  const number = Number(from.value);
  if (number !== 0 && number !== 1) throw new UnfitError('are neither 0 nor 1, and the target is boolean');
  return number === 1;
}
