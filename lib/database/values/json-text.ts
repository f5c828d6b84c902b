import { Unfit } from './neutral.js';

const KEY = /"(?:[^"\\]|\\.)*"\s*:/gs;
const OUTSIDE = /("(?:[^"\\]|\\.)*")|\s+/gs;

/** @throws Unfit */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unfit('are no valid JSON');
  }
}

/** JSON without blanks between its tokens, as `JSON.stringify` writes it. */
export function compact(json: string): string {
  return json.replace(OUTSIDE, '$1');
}

/** @throws Unfit when an object has a key twice, of which an engine that parses keeps one */
export function distinctKeys(json: string): string {
  if ((json.match(KEY)?.length ?? 0) === countKeys(parseJson(json))) return json;
  throw new Unfit('are JSON in which an object has a key twice');
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, one) => sum + countKeys(one), own);
}
