import { createDecipheriv, hkdfSync } from 'node:crypto';
import { decryptionFailed, GIVE_IDENTITY, keyDoesNotFit } from '../errors/archive-errors.js';
import { beginsLikeAge } from './age/age-format.js';

/*
 * The wire format of an encrypted archive: Tink's streaming AEAD "AES256-GCM-HKDF-1MB".
 *
 *   stream  = header(40) | segment 0 | segment 1 | … | segment n-1
 *   header  = 0x28 | salt(32) | nonce prefix(7)
 *   key     = HKDF-SHA256(ikm = the 32-byte key, salt, info = associated data, 32 bytes)
 *   nonce i = prefix(7) | uint32 big-endian i | 1 for the last segment, else 0
 *   segment = AES-256-GCM(key, nonce i) = ciphertext | tag(16)
 *
 * Header and first segment together fill one segment's size; every segment but the last is full.
 */
export const HEADER_BYTES = 40;
export const SALT_BYTES = 32;
export const PREFIX_BYTES = 7;
export const TAG_BYTES = 16;
/** Size of a full segment with its tag, in bytes. */
export const SEGMENT_BYTES = 1024 * 1024;
/** Segments are numbered with 32 bits; the last number is never used. */
export const MAX_SEGMENTS = 2 ** 32 - 1;

/** Parameters of one stream. All of them have defaults. */
export interface StreamParameters {
  /** Called with each chunk that the encryptor does not need any more. */
  readonly onUsed?: (chunk: Buffer) => void;
  /** Must be known to the reader too; it is not stored. Default: empty. */
  readonly associatedData?: Uint8Array;
  /** Full segment size with tag, in bytes. Default: 1 MiB. */
  readonly segmentBytes?: number;
}

export function deriveKey(key: Uint8Array, salt: Uint8Array, associatedData: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, associatedData, 32));
}

export function segmentNonce(prefix: Uint8Array, index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(PREFIX_BYTES + 5);
  nonce.set(prefix);
  nonce.writeUInt32BE(index, PREFIX_BYTES);
  nonce[PREFIX_BYTES + 4] = last ? 1 : 0;
  return nonce;
}

/** Room for segment `index` with its tag, in bytes. */
export function segmentRoom(index: number, segmentBytes: number): number {
  return index === 0 ? segmentBytes - HEADER_BYTES : segmentBytes;
}

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
    if (plain) throw keyDoesNotFit('it is an unencrypted ZIP', 'Omit the key.');
    if (beginsLikeAge(header)) {
      throw keyDoesNotFit('it is encrypted to recipients, so an AES key does not open it', GIVE_IDENTITY);
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
    throw index === 0
      ? keyDoesNotFit('the key is wrong, its beginning is damaged, or it is truncated')
      : decryptionFailed(`segment ${index} is damaged, or the end is missing`);
  }
  return plain;
}
