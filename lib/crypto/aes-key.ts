import { invalidAesKey } from '../errors/usage-errors.js';

const KEY_BYTES = 32;
const HEX_KEY = /^[0-9a-f]{64}$/i;

/**
 * Reads a 256-bit AES key: 64 hexadecimal digits, or base64 of exactly 32 bytes; a Buffer of 32 bytes is used as it is.
 * Passphrases are not supported.
 * @throws BackupError `INVALID_AES_KEY`, without the value
 */
export function parseAesKey(key: string | Uint8Array): Buffer {
  if (typeof key !== 'string') {
    if (!(key instanceof Uint8Array) || key.byteLength !== KEY_BYTES) throw invalidAesKey();
    return Buffer.from(key);
  }
  // 64 hexadecimal digits are also valid base64 (of 48 bytes), so hexadecimal is tried first.
  if (HEX_KEY.test(key)) return Buffer.from(key, 'hex');
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== key) throw invalidAesKey();
  return bytes;
}

/** True for text that `parseAesKey` accepts. */
export function isAesKey(key: unknown): key is string {
  if (typeof key !== 'string') return false;
  try {
    parseAesKey(key).fill(0);
    return true;
  } catch {
    return false;
  }
}
