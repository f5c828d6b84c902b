import { isUtf8 } from 'node:buffer';

const SURROGATE_LEAD = 0xed;
const REPLACEMENT = '\ufffd';

/** Strings are iterated by code points; a surrogate that comes alone is a single one. */
export const SINGLE_SURROGATE = /\p{Cs}/u;

/**
 * Text as sent by the server. Its UTF-8 may contain single surrogates, three bytes each, as JavaScript's strings and
 * JSON (escaped) may.
 * @returns undefined for bytes that no string represents: not UTF-8, or a surrogate pair in six bytes instead of four
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

/**
 * The bytes of a text with single surrogates, which no encoder of Node writes, as the character set stores them.
 * @returns undefined if it cannot represent them
 */
export function surrogateBytes(text: string, charset: string): Buffer | undefined {
  if (charset === 'ucs2' || charset === 'utf16') return Buffer.from(text, 'utf16le').swap16();
  if (charset === 'utf16le') return Buffer.from(text, 'utf16le');
  if (charset === 'utf32') return Buffer.concat(Array.from(text, utf32));
  return charset.startsWith('utf8') ? Buffer.concat(Array.from(text, wtf8)) : undefined;
}

function utf32(character: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(character.codePointAt(0)!);
  return bytes;
}

function wtf8(character: string): Buffer {
  const code = character.codePointAt(0)!;
  if (code < 0xd800 || code >= 0xe000) return Buffer.from(character);
  return Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
}
