import { randomBytes } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { AgeEncryptor } from '../../../../lib/crypto/age/age-encryptor.js';
import { Recipients } from '../../../../lib/crypto/age/recipients.js';
import { type KeyPair, KINDS, keyPair } from '../../../fixtures/age.js';
import { cut, sampled, through } from '../../../fixtures/streams.js';
import { sourceOf } from '../../restore/support/made-archive.js';
import { BLOCK, CHUNK, decryptWith, encryptTo, expectSame, openWith } from './support.js';

/** Around the borders of chunks, and of what is processed together. */
const SIZES = [0, 1, CHUNK, 2 * CHUNK, BLOCK, BLOCK + CHUNK, 2 * BLOCK, 3 * BLOCK].flatMap((border) =>
  [border - 1, border, border + 1].filter((size) => size >= 0),
);
/** Its payload is JavaScript, which is slow in tests. */
const MOST_OF_LIBRARY = CHUNK + 1;
const TIMES = process.env.TEST_LONG ? 200 : 20;

describe('What is encrypted to a recipient', () => {
  let alice: KeyPair;
  beforeAll(async () => {
    alice = await keyPair();
  });

  it.each([...new Set(SIZES)])(
    'comes back with %i bytes: as a stream, at any place, and, if few, by the library of age',
    async (size) => {
      const plain = randomBytes(size);
      const file = await encryptTo([alice.recipient], plain);
      expectSame(await decryptWith(alice.identity, file), plain);
      const source = await openWith(alice.identity, file);
      expect(source.size).toBe(size);
      expect((await source.read(0, size)).equals(plain)).toBe(true);
      if (size > MOST_OF_LIBRARY) return;
      const decrypter = new Decrypter();
      decrypter.addIdentity(alice.identity);
      expect(Buffer.from(await decrypter.decrypt(file)).equals(plain)).toBe(true);
    },
  );

  it('is read at any place as it was written', async () => {
    const plain = randomBytes(3 * BLOCK + 12_345);
    const source = await openWith(alice.identity, await encryptTo([alice.recipient], plain));
    await sampled(TIMES, async (chance) => {
      const start = chance.between(0, plain.length);
      const end = chance.between(start, Math.min(plain.length, start + 2_500_000));
      expect((await source.read(start, end - start)).equals(plain.subarray(start, end))).toBe(true);
    });
  });

  it('is read, and decrypted, once by those who read through it', async () => {
    const file = sourceOf(await encryptTo([alice.recipient], randomBytes(2 * BLOCK + 100)));
    const { openAge } = await import('../../../../lib/crypto/age/age-source.js');
    const { Identities } = await import('../../../../lib/crypto/age/identities.js');
    const source = await openAge(file, Identities.parse(alice.identity));
    for (let at = 0; at + 10_000 <= source.size; at += 10_000) {
      await Promise.all([source.read(at, 5000), source.read(at + 5000, 5000)]);
    }
    expect(file.reads).toBe(2 + 3); // The header, its nonce, and each block.
    await source.close();
    expect(file.closed).toBe(true);
  });

  it('is written in whatever pieces the plaintext comes, and given back when it is used', async () => {
    const plain = randomBytes(BLOCK + 70_000);
    await sampled(TIMES / 10, async (chance) => {
      const used: Buffer[] = [];
      const wrapped = await (await Recipients.parse([alice.recipient])).wrap();
      const encryptor = new AgeEncryptor(wrapped, (chunk) => used.push(chunk));
      const pieces = cut(plain, () => chance.between(1, 200_000));
      const { output } = await through(encryptor, ...pieces);
      expect(used).toEqual(pieces);
      expect((await decryptWith(alice.identity, output, chance.between(1, 100_000))).output.equals(plain)).toBe(true);
    });
  });

  it('arrives byte by byte', async () => {
    const plain = randomBytes(300);
    const file = await encryptTo([alice.recipient], plain, 1);
    expectSame(await decryptWith(alice.identity, file, 1), plain);
  });

  it('is another file each time', async () => {
    const plain = Buffer.alloc(100);
    const [one, other] = [await encryptTo([alice.recipient], plain), await encryptTo([alice.recipient], plain)];
    expect(one.equals(other)).toBe(false);
  });

  it('by the library of age opens as well, with a header of many recipients', async () => {
    const plain = randomBytes(500);
    const encrypter = new Encrypter();
    const { recipient } = await keyPair('hybrid');
    for (let count = 0; count < 30; count++) encrypter.addRecipient(recipient);
    encrypter.addRecipient(alice.recipient);
    const file = Buffer.from(await encrypter.encrypt(plain));
    const source = await openWith(alice.identity, file);
    expect((await source.read(0, source.size)).equals(plain)).toBe(true);
    expectSame(await decryptWith(alice.identity, file), plain);
  });
});

describe('Recipients of every kind, alone and together', () => {
  const plain = randomBytes(CHUNK + 1);

  it.each(Object.keys(KINDS) as Array<keyof typeof KINDS>)('open their archive, each of two: %s', async (kind) => {
    const [one, other, stranger] = [await keyPair(kind), await keyPair(kind), await keyPair(kind)];
    const file = await encryptTo([one.recipient, other.recipient, one.recipient], plain);
    for (const { identity } of [one, other]) {
      expectSame(await decryptWith(identity, file), plain);
      expect((await openWith(identity, file)).size).toBe(plain.length);
    }
    const refusal = {
      code: 'DECRYPTION_FAILED',
      message: expect.stringContaining('belongs to none of its recipients'),
    };
    await expect(openWith(stranger.identity, file)).rejects.toMatchObject(refusal);
    expect((await decryptWith(stranger.identity, file)).error).toMatchObject(refusal);
  });

  it('open an archive of both kinds, with a file of several identities', async () => {
    const [classic, hybrid, stranger] = [await keyPair(), await keyPair('hybrid'), await keyPair()];
    const file = await encryptTo([classic.recipient, hybrid.recipient], plain);
    for (const identities of [classic.file, hybrid.file, stranger.file + hybrid.file]) {
      expectSame(await decryptWith(identities, file), plain);
    }
  });
});
