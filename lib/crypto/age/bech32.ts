const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_CHARACTERS = 6;

/**
 * Reads Bech32 text of any length, as age's recipients and identities are: a prefix, `1`, then 5 bits a character with a
 * checksum at the end.
 * @returns the prefix in lower case and the bytes; undefined when the text is misspelled, cut off, or no such text
 */
export function decodeBech32(text: string): { readonly prefix: string; readonly bytes: Buffer } | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const separator = lower.lastIndexOf('1');
  const prefix = lower.slice(0, separator);
  const values = Array.from(lower.slice(separator + 1), (character) => ALPHABET.indexOf(character));
  if (separator < 1 || values.length < CHECKSUM_CHARACTERS || values.includes(-1)) return undefined;
  if (checksum([...expanded(prefix), ...values]) !== 1) return undefined;
  const bytes = toBytes(values.slice(0, -CHECKSUM_CHARACTERS));
  return bytes && { prefix, bytes };
}

function expanded(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of GENERATOR.entries()) if ((top >>> bit) & 1) sum ^= term;
  }
  return sum;
}

/** From 5 bits a value to 8; undefined when the bits that fill up the last value are not zero, or too many. */
function toBytes(values: readonly number[]): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((values.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const value of values) {
    bits = ((bits << 5) | value) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = bits >> held;
  }
  return held < 5 && (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
}
