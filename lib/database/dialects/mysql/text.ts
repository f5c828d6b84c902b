import { isUtf8 } from 'node:buffer';

const SURROGATE_LEAD = 0xed;
const REPLACEMENT = '\ufffd';

/**
 * Text as the server sends it. Its UTF-8 may hold single surrogates, three bytes each, as JavaScript's strings and JSON
 * (escaped) may.
 * @returns undefined for bytes that no string stands for: no UTF-8, or a surrogate pair in six bytes instead of four
 */
export function decodeText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return !text.includes(REPLACEMENT) || isUtf8(bytes) ? text : decodeSurrogates(bytes);
}

function decodeSurrogates(bytes: Buffer): string | undefined {
  let text = '';
  let start = 0;
  for (let at = bytes.indexOf(SURROGATE_LEAD); at !== -1; at = bytes.indexOf(SURROGATE_LEAD, at + 1)) {
    const [second, third] = [bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
    if (second < 0xa0 || (third & 0xc0) !== 0x80) continue;
    const before = bytes.subarray(start, at);
    if (!isUtf8(before)) return undefined;
    text += before.toString('utf8');
    const surrogate = 0xd000 | ((second & 0x3f) << 6) | (third & 0x3f);
    if (surrogate >= 0xdc00 && isHighSurrogate(text.charCodeAt(text.length - 1))) return undefined;
    text += String.fromCharCode(surrogate);
    start = at + 3;
  }
  const rest = bytes.subarray(start);
  return isUtf8(rest) ? text + rest.toString('utf8') : undefined;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
