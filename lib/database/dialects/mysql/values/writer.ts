import type { CatalogColumn } from '../../../catalog-table.js';
import type { MappedColumn } from '../../../mapped-columns.js';
import { noWriter, type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { finite, withinDigits, withinSingle } from '../../../values/numbers.js';
import { oneOf, withinBytes } from '../../../values/texts.js';
import { baseType, type MysqlColumn } from '../columns.js';
import { withinBinary } from './bytes.js';
import { isInteger, notNegative, wholeNumbers } from './integers.js';
import { mysqlJson } from './json.js';
import { enumWriter, setWriter, textWriter } from './texts.js';
import { dateTimes, timeWriter } from './times.js';
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
