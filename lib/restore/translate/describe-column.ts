import type { Kind } from '../../database/values/neutral.js';
import type { ColumnMatch } from './match-tables.js';
import type { ColumnTranslation, Engines } from './translate-column.js';
import type { TranslatedColumn } from './translation-plan.js';

/** What conversions do, where the names of both types do not make it clear. */
const HOW: Readonly<Record<string, string>> = {
  'integer to boolean': '0 and 1 become false and true',
  'boolean to integer': 'false and true become 0 and 1',
  'decimal to float': 'where the floating-point number is the same',
  'float to decimal': 'the shortest digits that denote the number',
  'array to text': 'items separated by commas, or JSON for simple-json',
  'array to json': 'a JSON array',
  'text to array': 'items of JSON, or separated by commas',
  'text to uuid': 'in lower case',
};

/** Kinds that every engine writes the same way. */
const ALIKE: ReadonlySet<Kind> = new Set(['text', 'uuid', 'date', 'integer']);

export function describeColumn(
  { archived, target }: ColumnMatch,
  { from, to, how: carried }: ColumnTranslation,
  engines: Engines,
): TranslatedColumn {
  const converted = from !== to || !ALIKE.has(from) || archived.encoding !== target.encoding;
  if (carried !== undefined) {
    return { name: archived.name, from: archived.type, to: target.type, how: carried, converted: false };
  }
  const how = converted ? explain(from, to, engines) : 'as it is';
  return { name: archived.name, from: archived.type, to: target.type, how, converted };
}

function explain(from: Kind, to: Kind, { from: { zone: here }, to: { zone: there } }: Engines): string {
  if (from === 'instant' && to === 'wall') return `UTC as local time (${there.name})`;
  if (from === 'wall' && to === 'instant') return `local time (${here.name}) as UTC`;
  if (from === 'wall' && to === 'wall' && here.name !== there.name) {
    return `local time of ${here.name} as that of ${there.name}`;
  }
  if (from === to) return `${from}, in the target's notation`;
  return HOW[`${from} to ${to}`] ?? `${from} as ${to}`;
}
