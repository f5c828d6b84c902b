import { createDecipheriv } from 'node:crypto';
import { decryptionFailed } from '../errors/archive-errors.js';
import { beginsLikeAge } from './age/age-format.js';
import {
  deriveKey,
  HEADER_BYTES,
  MAX_SEGMENTS,
  SALT_BYTES,
  type StreamParameters,
  segmentNonce,
  TAG_BYTES,
} from './segment-format.js';

/** What a stream's header yields: the key of its segments, to be zeroised, and the prefix of their nonces. */
export interface StreamKey {
  readonly key: Buffer;
  readonly prefix: Buffer;
}

/** @throws BackupError `DECRYPTION_FAILED` when these bytes are not a header */
export function openHeader(header: Buffer, key: Uint8Array, { associatedData }: StreamParameters): StreamKey {
  if (header.length < HEADER_BYTES) {
    throw decryptionFailed('it is shorter than the header of an encrypted archive');
  }
  if (header[0] !== HEADER_BYTES) {
    const plain = header[0] === 0x50 && header[1] === 0x4b;
    if (plain) throw decryptionFailed('it is an unencrypted ZIP', 'Omit the key.');
    if (beginsLikeAge(header)) {
      const remedy = 'Give the identity of one of them: --identity or BACKUP_IDENTITY (in code identity).';
      throw decryptionFailed('it is encrypted to recipients, so an AES key does not open it', remedy);
    }
    throw decryptionFailed('it does not start like an encrypted archive');
  }
  const salt = header.subarray(1, 1 + SALT_BYTES);
  return { key: deriveKey(key, salt, associatedData), prefix: header.subarray(1 + SALT_BYTES) };
}

/** @throws BackupError `DECRYPTION_FAILED` when no writer produces a segment of this length here */
export function checkSegmentLength(index: number, length: number): void {
  if (length < TAG_BYTES || (length === TAG_BYTES && index > 0)) {
    throw decryptionFailed(`it is truncated in segment ${index}`);
  }
  if (index >= MAX_SEGMENTS) throw decryptionFailed('it has more segments than the format allows');
}

/**
 * Decrypts one segment.
 * @param sealed ciphertext and tag
 * @throws BackupError `DECRYPTION_FAILED` when it is not authentic
 */
export function openSegment({ key, prefix }: StreamKey, index: number, last: boolean, sealed: Buffer): Buffer {
  checkSegmentLength(index, sealed.length);
  const nonce = segmentNonce(prefix, index, last);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw decryptionFailed(
      index === 0
        ? 'the key is wrong, its beginning is damaged, or it is truncated'
        : `segment ${index} is damaged, or the end is missing`,
    );
  }
  return plain;
}
