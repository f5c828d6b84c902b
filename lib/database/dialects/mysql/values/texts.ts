import { TextDecoder } from 'node:util';
import type { CatalogColumn } from '../../../catalog-table.js';
import { type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { UnfitError } from '../../../values/neutral.js';
import { oneOf, wellFormed, withinBytes, withinCharacters } from '../../../values/texts.js';
import { baseType, type MysqlColumn } from '../columns.js';
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

/** Single-byte character sets, by the names of their decoders. */
const DECODERS: Readonly<Record<string, string>> = {
  latin2: 'iso-8859-2',
  latin5: 'windows-1254',
  greek: 'iso-8859-7',
  hebrew: 'iso-8859-8',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1256: 'windows-1256',
  cp1257: 'windows-1257',
  cp866: 'ibm866',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  macroman: 'macintosh',
};
/** The characters that latin1 has instead of control characters; some versions of Node decode them as those. */
const LATIN1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const WHOLE_UNICODE = /^(?:utf8mb4|utf16|utf16le|utf32)$/;
const THREE_BYTES = /^(?:utf8|utf8mb3|ucs2)$/;

/** Checks text for a character set, null for none. For a set that is not known here, only ASCII is certain to fit. */
export function charsetCheck(charset: string | null): (text: string) => string {
  if (charset === null || WHOLE_UNICODE.test(charset)) return (text) => text;
  const known = THREE_BYTES.test(charset) ? undefined : charactersOf(charset);
  const fits = known
    ? (text: string) => Array.from(text).every((character) => known.has(character))
    : (text: string) => !/[\ud800-\udfff]/.test(text);
  return (text) => {
    if (!fits(text)) throw new UnfitError(`hold characters that the target's character set ${charset} does not have`);
    return text;
  };
}

function charactersOf(charset: string): ReadonlySet<string> {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  if (charset === 'latin1') {
    return new Set([
      ...ascii,
      ...Array.from(LATIN1),
      ...Array.from({ length: 96 }, (_, code) => String.fromCharCode(code + 160)),
    ]);
  }
  const decoder = DECODERS[charset];
  if (decoder === undefined) return new Set(ascii);
  const upper = Uint8Array.from({ length: 128 }, (_, code) => code + 128);
  return new Set([...ascii, ...Array.from(new TextDecoder(decoder).decode(upper))].filter((one) => one !== '\ufffd'));
}
