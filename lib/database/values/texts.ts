import { UnfitError } from './neutral.js';

/** Number of characters, as servers count them. */
export function characters(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at++) {
    if (text.codePointAt(at)! > 0xffff) pairs++;
  }
  return text.length - pairs;
}

/** @throws UnfitError */
export function withinCharacters(text: string, most: number | undefined): string {
  if (most === undefined || text.length <= most || characters(text) <= most) return text;
  throw new UnfitError(`are longer than the ${most} characters that the target keeps`);
}

/** @throws UnfitError */
export function withinBytes<Value extends string | Buffer>(value: Value, most: number | undefined): Value {
  if (most === undefined || Buffer.byteLength(value) <= most) return value;
  throw new UnfitError(`are longer than the ${most} bytes that the target keeps`);
}

/** @throws UnfitError for single surrogates, which are not characters */
export function wellFormed(text: string): string {
  if (!/\p{Cs}/u.test(text)) return text;
  throw new UnfitError('hold half a character (a single surrogate), which the target cannot hold');
}

/** @throws UnfitError unless it is one of the labels; an empty list allows everything */
export function oneOf(label: string, labels: readonly string[] | undefined): string {
  if (!labels || labels.includes(label)) return label;
  throw new UnfitError('are none of the labels that the target knows');
}
