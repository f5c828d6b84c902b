import { createCipheriv, hkdfSync } from 'node:crypto';

export const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
export const SALT = Buffer.from(Array.from({ length: 32 }, (_, index) => 0xa0 + index));
export const PREFIX = Buffer.from('c0c1c2c3c4c5c6', 'hex');
export const HEADER = Buffer.concat([Buffer.of(0x28), SALT, PREFIX]);
export const RANDOM = Buffer.concat([SALT, PREFIX]);

/** Plaintext that fits the first segment, and each further one, of `size` bytes. */
export const firstRoom = (size: number) => size - 40 - 16;
export const room = (size: number) => size - 16;

/**
 * The format a second time, straight from its description and with nothing of lib/: whole plaintext in, segments out.
 * `flags` overrides the last-segment flags, for streams that no writer makes.
 */
export function referenceSegments(plain: Buffer, size: number, key: Uint8Array = KEY, flags?: number[]): Buffer[] {
  const derived = Buffer.from(hkdfSync('sha256', key, SALT, '', 32));
  const parts = [plain.subarray(0, firstRoom(size))];
  for (let at = firstRoom(size); at < plain.length; at += room(size)) parts.push(plain.subarray(at, at + room(size)));
  return sealParts(parts, derived, flags);
}

/** Seals parts of any size, an empty last one included. */
export function sealParts(parts: Buffer[], derived: Buffer, flags?: number[]): Buffer[] {
  return parts.map((part, index) => {
    const tail = Buffer.alloc(5);
    tail.writeUInt32BE(index);
    tail[4] = flags ? flags[index]! : index === parts.length - 1 ? 1 : 0;
    const cipher = createCipheriv('aes-256-gcm', derived, Buffer.concat([PREFIX, tail]));
    return Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]);
  });
}
