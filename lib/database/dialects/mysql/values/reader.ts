import { type ArchivedColumn, readerOf, type ValueReader } from '../../../values/engine-values.js';
import { compact } from '../../../values/json-text.js';
import { UnfitError } from '../../../values/neutral.js';
import { parseFloating, parseInteger, plainDecimal, shortestSingle } from '../../../values/numbers.js';
import { parseDate, parseDateTime, parseTime } from '../../../values/times.js';
import { baseType } from '../columns.js';
import { labelsOf } from './types.js';

const BYTES: ReadonlySet<string> = new Set('binary varbinary tinyblob blob mediumblob longblob vector'.split(' '));

/** Reads what `cellEncoder` has written. */
export function reader({ type, encoding }: ArchivedColumn): ValueReader {
  const base = baseType(type);
  if (encoding === 'integer') return readerOf('integer', parseInteger);
  if (encoding === 'base64' && BYTES.has(base)) return readerOf('bytes', (text) => Buffer.from(text, 'base64'));
  if (encoding === 'base64' || encoding === 'hex') return none();
  if (base === 'enum') return labels(type, encoding === 'index');
  switch (base) {
    case 'bigint':
    case 'bit':
    case 'year':
      return readerOf('integer', parseInteger);
    case 'decimal':
      return readerOf('decimal', plainDecimal);
    case 'float':
      return readerOf('float', (text) => shortestSingle(parseFloating(text)));
    case 'double':
      return readerOf('float', parseFloating);
    case 'date':
      return readerOf('date', parseDate);
    case 'time':
      return readerOf('time', parseTime);
    case 'datetime':
      return readerOf('wall', (text) => parseDateTime(text).micros);
    case 'timestamp':
      return readerOf('instant', (text) => parseDateTime(text).micros);
    case 'json':
      return readerOf('json', compact);
    case 'uuid':
      return readerOf('uuid', (text) => text);
    default:
      return readerOf('text', (text) => text);
  }
}

function labels(type: string, asNumbers: boolean): ValueReader {
  const known = labelsOf(type);
  return readerOf('text', (text) => {
    const label = asNumbers ? known[Number(text) - 1] : text;
    if (label === undefined || (!asNumbers && text === '')) throw new UnfitError('are the error value of an enum');
    return label;
  });
}

/** Geometries, and bytes of an old character set. */
function none(): ValueReader {
  return readerOf('other', () => {
    throw new UnfitError('have no counterpart in another engine');
  });
}
