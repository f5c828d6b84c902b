import { createHmac, hkdfSync } from 'node:crypto';
import { decryptionFailed, GIVE_KEY, keyDoesNotFit } from '../../errors/archive-errors.js';

/*
 * The format of age, version 1 (https://age-encryption.org/v1):
 *
 *   file    = header | payload nonce(16) | chunk 0 | chunk 1 | … | chunk n
 *   header  = text: a line of the version, a stanza for each recipient that wraps the file key for it, and "--- " with a
 *             MAC over what precedes it
 *   key     = HKDF-SHA256(ikm = the 16-byte file key, salt = payload nonce, info = "payload", 32 bytes)
 *   nonce i = i, 11 bytes big-endian | 1 for the last chunk, else 0
 *   chunk   = ChaCha20-Poly1305(key, nonce i) = ciphertext | tag(16)
 *
 * Every chunk but the last has 64 KiB of plaintext; the last one is empty only when everything is.
 */
export const VERSION_LINE = 'age-encryption.org/v1\n';
export const PAYLOAD_NONCE_BYTES = 16;
/** Plaintext of a full chunk, in bytes. */
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
/** Room for more than a hundred of the longest recipients; each stanza costs a reader some time. */
export const MAX_HEADER_BYTES = 256 * 1024;

/** Chunks that are processed and pushed together: each push is a write of its own, and over HTTP one with a length. */
export const BLOCK_CHUNKS = 16;

/** Whether the bytes start like an age file, as far as they go. */
export function beginsLikeAge(bytes: Uint8Array): boolean {
  const start = Buffer.from(VERSION_LINE).subarray(0, bytes.length);
  return bytes.length > 0 && start.equals(bytes.subarray(0, start.length));
}

/**
 * Length of the header at the beginning of a file, in bytes; undefined when its end is not among these bytes.
 * @throws BackupError `DECRYPTION_FAILED` when they do not begin like an age file, or the header has no end
 */
export function headerLength(bytes: Buffer): number | undefined {
  if (!beginsLikeAge(bytes) && bytes.length > 0) throw notAge(bytes);
  // No line of a stanza begins like this one.
  const mac = bytes.indexOf('\n---');
  const end = mac < 0 ? -1 : bytes.indexOf('\n', mac + 1);
  if (end < 0 && bytes.length >= MAX_HEADER_BYTES) throw decryptionFailed('its header is damaged: it has no end');
  return end < 0 ? undefined : end + 1;
}

function notAge(bytes: Buffer): Error {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    return keyDoesNotFit('it is an unencrypted ZIP', 'Omit the identity.');
  }
  if (bytes[0] === 0x28) {
    return keyDoesNotFit('it is not encrypted to recipients, but perhaps with an AES key', GIVE_KEY);
  }
  return decryptionFailed('it does not start like an archive that is encrypted to recipients');
}

/** Whether the MAC at the end of a header was made with this file key. */
export function hasMacOf(header: Buffer, fileKey: Uint8Array): boolean {
  const end = header.lastIndexOf('---') + 3;
  const key = Buffer.from(hkdfSync('sha256', fileKey, '', 'header', 32));
  const mac = createHmac('sha256', key).update(header.subarray(0, end)).digest('base64').replace(/=+$/, '');
  return header.toString('latin1', end) === ` ${mac}\n`;
}

/** @param nonce the payload nonce, behind the header */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

export function chunkNonce(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  // 48 bits are enough for 16 exbibytes.
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
