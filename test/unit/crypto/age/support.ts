import { AgeDecryptor } from '../../../../lib/crypto/age/age-decryptor.js';
import { AgeEncryptor } from '../../../../lib/crypto/age/age-encryptor.js';
import { openAge } from '../../../../lib/crypto/age/age-source.js';
import { Identities } from '../../../../lib/crypto/age/identities.js';
import { Recipients } from '../../../../lib/crypto/age/recipients.js';
import { cut, type Outcome, through } from '../../../fixtures/streams.js';
import { sourceOf } from '../../restore/support/made-archive.js';

export const CHUNK = 64 * 1024;
/** A chunk with its tag. */
export const SEALED = CHUNK + 16;
/** What is processed together. */
export const BLOCK = 16 * CHUNK;

/** Encrypts in pieces. */
export async function encryptTo(recipients: readonly string[], plain: Buffer, piece = 50_000): Promise<Buffer> {
  const encryptor = new AgeEncryptor(await (await Recipients.parse(recipients)).wrap());
  const { output, error } = await through(encryptor, ...cut(plain, piece));
  if (error) throw error;
  return output;
}

/** Decrypts as a stream. */
export const decryptWith = (identity: string, file: Buffer, piece = 30_000): Promise<Outcome> =>
  through(new AgeDecryptor(Identities.parse(identity)), ...cut(file, piece));

/** Jest compares buffers byte by byte, which takes seconds. */
export function expectSame({ output, error }: Outcome, plain: Buffer): void {
  expect(error).toBeUndefined();
  expect(output.equals(plain)).toBe(true);
}

/** Opens for random access. */
export const openWith = (identity: string, file: Buffer) => openAge(sourceOf(file), Identities.parse(identity));

/** Where the header ends. */
export const headerOf = (file: Buffer): number => file.indexOf('\n', file.indexOf('\n---') + 1) + 1;
