import { type NeutralArray, Unfit } from '../../../values/neutral.js';

const BARE: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);
/** An element in quotes, or one without. */
const ITEM = /"((?:[^"\\]|\\.)*)"|([^",{}\\]+)/gsy;

/** The text of an array of one dimension. @throws Unfit for others */
export function parseArray(text: string, element: string): NeutralArray {
  if (!/^\{.*\}$/s.test(text)) throw new Unfit('are arrays with bounds of their own');
  const items: Array<string | null> = [];
  let at = 1;
  while (at < text.length - 1) {
    ITEM.lastIndex = at;
    const [found, quoted, plain] = ITEM.exec(text) ?? [];
    if (found === undefined) throw new Unfit('are arrays of several dimensions');
    items.push(plain === undefined ? quoted!.replaceAll(/\\(.)/gs, '$1') : plain === 'NULL' ? null : plain);
    at += found.length + 1;
  }
  if (element === 'boolean')
    return { items: items.map((item) => item && (item === 't' ? 'true' : 'false')), bare: true };
  return { items, bare: BARE.has(element.replace(/\(.*/, '')) };
}

export function formatArray(items: ReadonlyArray<string | null>): string {
  const quoted = items.map((item) => (item === null ? 'NULL' : `"${item.replaceAll(/[\\"]/g, '\\$&')}"`));
  return `{${quoted.join(',')}}`;
}
