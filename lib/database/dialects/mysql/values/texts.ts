import type { CatalogColumn } from '../../../catalog-table.js';
import { type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { UnfitError } from '../../../values/neutral.js';
import { oneOf, wellFormed, withinBytes, withinCharacters } from '../../../values/texts.js';
import { baseType, type MysqlColumn } from '../columns.js';
import { charsetCheck } from './charsets.js';
import { labelsOf, modifiers } from './types.js';

const MOST_BYTES: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 };

/** Checks text for a column: its characters, its length, and what the server removes. */
export function textWriter({ type, charset }: MysqlColumn): (text: string) => string {
  const base = baseType(type);
  const [length] = modifiers(type);
  const inCharset = charsetCheck(charset);
  return (text) => {
    if (base === 'char' && text.endsWith(' ')) throw new UnfitError('end with blanks, which the target does not keep');
    return withinBytes(withinCharacters(inCharset(wellFormed(text)), length), MOST_BYTES[base]);
  };
}

export function enumWriter({ type, encoding }: CatalogColumn): ValueWriter {
  const labels = labelsOf(type);
  return writerOf('text', (label) => {
    oneOf(label, labels);
    return encoding === 'index' ? String(labels.indexOf(label) + 1) : label;
  });
}

/** The server puts the labels in their own order. */
export function setWriter(type: string): ValueWriter {
  const labels = labelsOf(type);
  return writerOf('text', (text) => {
    const chosen = text === '' ? [] : text.split(',');
    for (const label of chosen) oneOf(label, labels);
    const ordered = labels.filter((label) => chosen.includes(label));
    if (ordered.join() !== text) throw new UnfitError('are labels in an order that the target does not keep');
    return text;
  });
}
