import { type ArchivedColumn, readerOf, textOf, type ValueReader } from '../../../values/engine-values.js';
import { compact } from '../../../values/json-text.js';
import { type Neutral, UnfitError } from '../../../values/neutral.js';
import { parseFloating, parseInteger, plainDecimal, shortestSingle } from '../../../values/numbers.js';
import { parseDate, parseDateTime, parseTime } from '../../../values/times.js';
import { parseArray } from './arrays.js';
import { parseType } from './types.js';

/** Reads what the type's own output function has written. */
export function reader({ type }: ArchivedColumn): ValueReader {
  const { base, element } = parseType(type);
  if (element !== undefined) return readerOf('array', (text) => parseArray(text, element));
  switch (base) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return readerOf('integer', parseInteger);
    case 'numeric':
      return { kind: 'decimal', read: (value) => readNumeric(textOf(value)) };
    case 'real':
      return readerOf('float', (text) => shortestSingle(parseFloating(text)));
    case 'double precision':
      return readerOf('float', parseFloating);
    case 'boolean':
      return readerOf('boolean', (text) => text === 'true');
    case 'bytea':
      return readerOf('bytes', (text) => Buffer.from(text, 'hex'));
    case 'date':
      return readerOf('date', parseDate);
    case 'time without time zone':
      return readerOf('time', parseTime);
    case 'timestamp without time zone':
      return readerOf('wall', (text) => parseDateTime(text).micros);
    case 'timestamp with time zone':
      return readerOf('instant', (text) => parseDateTime(text).micros);
    case 'json':
      return readerOf('json', (text) => text);
    case 'jsonb':
      return readerOf('json', compact);
    case 'uuid':
      return readerOf('uuid', (text) => text);
    case 'bit':
      return readerOf('integer', readBits);
    case 'bit varying':
      // Its length is part of it.
      return readerOf('other', (text) => text);
    case 'character':
      // Blanks at its end are not part of the value.
      return readerOf('text', (text) => text.replace(/ +$/, ''));
    default:
      return readerOf('text', (text) => text);
  }
}

/** It may be NaN and infinite, too. */
function readNumeric(text: string): Neutral {
  return /^(?:NaN|-?Infinity)$/.test(text)
    ? { kind: 'float', value: Number(text) }
    : { kind: 'decimal', value: plainDecimal(text) };
}

function readBits(text: string): bigint {
  if (!/^[01]+$/.test(text)) throw new UnfitError('are not bits');
  return BigInt(`0b${text}`);
}
