import { type NeutralArray, UnfitError } from '../../../values/neutral.js';
import { endOfQuoted } from '../../../values/quoted.js';

const NUMBERS: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);

/** The text of an array of one dimension. @throws UnfitError for others */
export function parseArray(text: string, element: string): NeutralArray {
  if (!text.startsWith('{')) throw new UnfitError('are arrays with bounds of their own');
  const items = [...readItems(text)];
  if (element === 'boolean') {
    return { items: items.map((item) => item && (item === 't' ? 'true' : 'false')), bare: true };
  }
  return { items, bare: NUMBERS.has(element.replace(/\(.*/, '')) };
}

export function formatArray(items: ReadonlyArray<string | null>): string {
  const quoted = items.map((item) => (item === null ? 'NULL' : `"${item.replaceAll(/[\\"]/g, '\\$&')}"`));
  return `{${quoted.join(',')}}`;
}

function* readItems(text: string): Iterable<string | null> {
  for (let at = 1; at < text.length - 1; ) {
    if (text[at] === '{') throw new UnfitError('are arrays of several dimensions');
    const isQuoted = text[at] === '"';
    const comma = text.indexOf(',', at);
    const end = isQuoted ? endOfQuoted(text, at) : comma === -1 ? text.length - 1 : comma;
    const item = text.slice(at, end);
    if (isQuoted) yield item.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
    else yield item === 'NULL' ? null : item;
    at = end + 1;
  }
}
