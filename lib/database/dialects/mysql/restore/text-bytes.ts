/**
 * The bytes of a text with single surrogates, which no encoder of Node writes, as the character set stores them.
 * @returns undefined where that has no place for them
 */
export function surrogateBytes(text: string, charset: string): Buffer | undefined {
  if (charset === 'ucs2' || charset === 'utf16') return Buffer.from(text, 'utf16le').swap16();
  if (charset === 'utf16le') return Buffer.from(text, 'utf16le');
  if (charset === 'utf32') return Buffer.concat(Array.from(text, utf32));
  return charset.startsWith('utf8') ? Buffer.concat(Array.from(text, wtf8)) : undefined;
}

/** Strings are walked by code points; a surrogate that comes alone is one. */
export const SINGLE_SURROGATE = /\p{Cs}/u;

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
