import type { CatalogColumn } from '../../../catalog-table.js';
import type { MappedColumn } from '../../../mapped-columns.js';
import { convert } from '../../../values/convert/index.js';
import { noWriter, textOf, type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { distinctKeys, withoutNul } from '../../../values/json-text.js';
import { UnfitError } from '../../../values/neutral.js';
import { withinDigits, withinRange, withinSingle } from '../../../values/numbers.js';
import { oneOf, wellFormed, withinCharacters } from '../../../values/texts.js';
import { formatDateTime, formatTime, withinDay, withinPrecision } from '../../../values/times.js';
import { LOCAL } from '../../../values/zone.js';
import { formatArray } from './arrays.js';
import { parseType } from './types.js';

const MICROSECONDS = 6;

/** Writes what the type's own input function reads. */
export function writer(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter {
  const { base, modifiers, element } = parseType(column.type);
  const [first, second = 0] = modifiers;
  if (element !== undefined) return arrays(writer({ ...column, type: element, encoding: 'text' }, mapped));
  if (mapped?.labels && !BUILT_IN.test(base)) return writerOf('text', (label) => oneOf(label, mapped.labels));
  switch (base) {
    case 'smallint':
      return writerOf('integer', (value) => Number(withinRange(value, 16)));
    case 'integer':
      return writerOf('integer', (value) => Number(withinRange(value, 32)));
    case 'bigint':
      return writerOf('integer', (value) => String(withinRange(value, 64)));
    case 'numeric':
      return writerOf('decimal', (value) => (first === undefined ? value : withinDigits(value, first, second)));
    case 'real':
      return writerOf('float', (value) => zero(withinSingle(value)));
    case 'double precision':
      return writerOf('float', (value) => zero(value));
    case 'boolean':
      return writerOf('boolean', (value) => value);
    case 'bytea':
      return writerOf('bytes', (value) => value.toString('hex'));
    case 'date':
      return writerOf('date', (value) => value);
    case 'time without time zone':
      return writerOf('time', (value) =>
        formatTime(withinPrecision(withinDay(value), first ?? MICROSECONDS, 'time(6)'), MICROSECONDS),
      );
    case 'timestamp without time zone':
      return writerOf('wall', (value) => moment(value, 'timestamp(6)', first));
    case 'timestamp with time zone':
      return writerOf('instant', (value) => `${moment(value, 'timestamptz(6)', first)}+00`);
    case 'json':
      return writerOf('json', (value) => text(value));
    case 'jsonb':
      return writerOf('json', (value) => distinctKeys(withoutNul(text(value))));
    case 'uuid':
      return writerOf('uuid', (value) => value);
    case 'bit':
      return writerOf('integer', (value) =>
        withinRange(value, first ?? 1, true)
          .toString(2)
          .padStart(first ?? 1, '0'),
      );
    case 'character':
      return writerOf('text', (value) => withinCharacters(withoutBlanks(text(value)), first ?? 1));
    case 'text':
    case 'character varying':
      return writerOf('text', (value) => withinCharacters(text(oneOf(value, mapped?.labels)), first));
    default:
      return noWriter(column);
  }
}

const BUILT_IN = /^(?:text|character.*|smallint|integer|bigint|numeric|real|double precision)$/;

/** Each element is converted like a value of its type. */
function arrays(element: ValueWriter): ValueWriter {
  const local = { from: LOCAL, to: LOCAL };
  return writerOf('array', ({ items }) =>
    formatArray(
      items.map((item) => {
        if (item === null) return null;
        if (element.kind === 'boolean') return item;
        return textOf(element.write(convert({ kind: 'text', value: item }, element.kind, local)));
      }),
    ),
  );
}

function moment(micros: bigint, wider: string, precision = MICROSECONDS): string {
  return formatDateTime(withinPrecision(micros, precision, wider), MICROSECONDS);
}

/** JavaScript writes a negative zero without its sign. */
function zero(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function text(value: string): string {
  if (value.includes('\0')) throw new UnfitError('hold the character NUL, which the target cannot hold');
  return wellFormed(value);
}

function withoutBlanks(value: string): string {
  if (value.endsWith(' ')) throw new UnfitError('end with blanks, which the target does not keep');
  return value;
}
