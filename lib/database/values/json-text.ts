import { UnfitError } from './neutral.js';
import { endOfQuoted } from './quoted.js';

/** @throws UnfitError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnfitError('are not valid JSON');
  }
}

/** JSON without whitespace between its tokens, as `JSON.stringify` writes it. */
export function compact(json: string): string {
  let text = '';
  for (const { outside, quoted } of pieces(json)) text += outside.replace(/\s+/g, '') + quoted;
  return text;
}

/** @throws UnfitError when an object has a key twice, since an engine that parses JSON keeps only one of them */
export function distinctKeys(json: string): string {
  let written = 0;
  let afterString = false;
  for (const { outside, quoted } of pieces(json)) {
    if (afterString && outside.trimStart().startsWith(':')) written++;
    afterString = quoted !== '';
  }
  const { keys } = contentOf(parseJson(json));
  if (written === keys) return json;
  throw new UnfitError('are JSON in which an object has a key twice');
}

/** @throws UnfitError for JSON with a string that contains the character NUL */
export function withoutNul(json: string): string {
  if (!json.includes('\\u0000') || !contentOf(parseJson(json)).hasNul) return json;
  throw new UnfitError('hold the character NUL, which the target cannot hold');
}

/** @throws UnfitError for JSON that contains half a character, written as an escape */
export function wellFormedJson(json: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(json) || !contentOf(parseJson(json)).hasHalf) return json;
  throw new UnfitError('hold halves of characters, which the target cannot hold');
}

/** The text outside of strings, each piece with the string that follows; the last piece has none. */
function* pieces(json: string): Iterable<{ outside: string; quoted: string }> {
  for (let at = 0; at < json.length; ) {
    const start = json.indexOf('"', at);
    const end = start === -1 ? json.length : endOfQuoted(json, start);
    const from = start === -1 ? end : start;
    yield { outside: json.slice(at, from), quoted: json.slice(from, end) };
    at = end;
  }
}

/** Without recursion: JSON in an archive may be nested to any depth. */
function contentOf(json: unknown): { keys: number; hasNul: boolean; hasHalf: boolean } {
  const left: unknown[] = [json];
  let [keys, hasNul, hasHalf] = [0, false, false];
  const look = (text: string) => {
    hasNul ||= text.includes('\0');
    hasHalf ||= /\p{Cs}/u.test(text);
  };
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') look(value);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, one] of Object.entries(value)) {
      left.push(one);
      if (Array.isArray(value)) continue;
      keys++;
      look(key);
    }
  }
  return { keys, hasNul, hasHalf };
}
