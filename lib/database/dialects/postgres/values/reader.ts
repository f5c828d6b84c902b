import type { ArchivedColumn, ValueReader } from '../../../values/engine-values.js';
import { compact } from '../../../values/json-text.js';
import type { Kind, Neutral, NeutralValues } from '../../../values/neutral.js';
import { plainDecimal, shortestSingle } from '../../../values/numbers.js';
import { parseDate, parseDateTime, parseTime } from '../../../values/times.js';
import { parseArray } from './arrays.js';
import { parseType } from './types.js';

/** Reads what the type's own output function has written. */
export function reader({ type }: ArchivedColumn): ValueReader {
  const { base, element } = parseType(type);
  if (element !== undefined) return of('array', (text) => parseArray(text, element));
  switch (base) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return of('integer', BigInt);
    case 'numeric':
      return { kind: 'decimal', read: (value) => readNumeric(String(value)) };
    case 'real':
      return of('float', (text) => shortestSingle(Number(text)));
    case 'double precision':
      return of('float', Number);
    case 'boolean':
      return of('boolean', (text) => text === 'true');
    case 'bytea':
      return of('bytes', (text) => Buffer.from(text, 'hex'));
    case 'date':
      return of('date', parseDate);
    case 'time without time zone':
      return of('time', parseTime);
    case 'timestamp without time zone':
      return of('wall', (text) => parseDateTime(text).micros);
    case 'timestamp with time zone':
      return of('instant', (text) => parseDateTime(text).micros);
    case 'json':
      return of('json', (text) => text);
    case 'jsonb':
      return of('json', compact);
    case 'uuid':
      return of('uuid', (text) => text);
    case 'character':
      // Blanks at its end are not part of the value.
      return of('text', (text) => text.replace(/ +$/, ''));
    default:
      return of('text', (text) => text);
  }
}

function readNumeric(text: string): Neutral {
  const number = Number(text.toLowerCase() === 'nan' ? Number.NaN : text);
  const isNumber = !Number.isNaN(number) && !text.includes('Infinity');
  return isNumber ? { kind: 'decimal', value: plainDecimal(text) } : { kind: 'float', value: number };
}

function of<K extends Kind>(kind: K, read: (text: string) => NeutralValues[K]): ValueReader {
  return { kind, read: (value) => ({ kind, value: read(String(value)) }) as Neutral };
}
