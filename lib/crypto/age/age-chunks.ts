import { createCipheriv, createDecipheriv } from 'node:crypto';
import { decryptionFailed } from '../../errors/archive-errors.js';
import { CHUNK_BYTES, chunkNonce, SEALED_CHUNK_BYTES, TAG_BYTES } from './age-format.js';

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES };

/**
 * Encrypts chunks that follow each other.
 * @param first index of the first one
 * @param plain whole chunks; at the end the last one may be shorter, and is empty only when it is the only one
 * @param isEnd whether the last one is the last of the file
 * @returns all of them in one buffer, since each push of a stream is a write of its own
 */
export function sealChunks(key: Buffer, first: number, plain: Buffer, isEnd: boolean): Buffer {
  const count = Math.max(1, Math.ceil(plain.length / CHUNK_BYTES));
  const sealed: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    const nonce = chunkNonce(first + index, isEnd && index === count - 1);
    const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
    sealed.push(cipher.update(plain.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)));
    cipher.final();
    sealed.push(cipher.getAuthTag());
  }
  return Buffer.concat(sealed);
}

/**
 * Authenticates and decrypts chunks that follow each other.
 * @param first index of the first one
 * @param sealed whole chunks with their tags; at the end the last one may be shorter
 * @param isEnd whether the last one must be the last of the file
 * @throws BackupError `DECRYPTION_FAILED` when one of them is not authentic, or not what a writer produces
 */
export function openChunks(key: Buffer, first: number, sealed: Buffer, isEnd: boolean): Buffer {
  const count = chunksIn(sealed.length, first);
  const plain = Buffer.allocUnsafeSlow(sealed.length - count * TAG_BYTES);
  for (let index = 0; index < count; index++) {
    const chunk = sealed.subarray(index * SEALED_CHUNK_BYTES, (index + 1) * SEALED_CHUNK_BYTES);
    const nonce = chunkNonce(first + index, isEnd && index === count - 1);
    const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
    const text = decipher.update(chunk.subarray(0, -TAG_BYTES));
    decipher.setAuthTag(chunk.subarray(-TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw decryptionFailed(`chunk ${first + index} is damaged, or the end is missing`);
    }
    plain.set(text, index * CHUNK_BYTES);
  }
  return plain;
}

/**
 * The number of chunks in these bytes.
 * @param first index of the first one
 * @throws BackupError `DECRYPTION_FAILED` when no writer produces as many bytes
 */
export function chunksIn(bytes: number, first = 0): number {
  const count = Math.max(1, Math.ceil(bytes / SEALED_CHUNK_BYTES));
  const last = first + count - 1;
  const rest = bytes - (count - 1) * SEALED_CHUNK_BYTES;
  if (rest < TAG_BYTES || (rest === TAG_BYTES && last > 0)) throw decryptionFailed(`it is truncated in chunk ${last}`);
  return count;
}
