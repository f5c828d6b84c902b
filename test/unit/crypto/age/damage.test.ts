import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { type KeyPair, keyPair } from '../../../fixtures/age.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';
import { BLOCK, CHUNK, decryptWith, encryptTo, headerOf, openWith, SEALED } from './support.js';

const { TEST_LONG } = process.env;
const [FLIPS, CUTS] = TEST_LONG ? [1000, 200] : [60, 30];
if (TEST_LONG) jest.setTimeout(1_200_000);

describe('A damaged archive for recipients', () => {
  const plain = randomBytes(BLOCK + 2 * CHUNK + 1000);
  let alice: KeyPair;
  let file: Buffer;
  /** Where the first chunk starts. */
  let start: number;
  beforeAll(async () => {
    alice = await keyPair();
    file = await encryptTo([alice.recipient], plain);
    start = headerOf(file) + 16;
  });

  /** As a stream, nothing comes out that was not written so, and not all of it. */
  async function expectRefusedAsStream(damaged: Buffer): Promise<void> {
    const { output, error } = await decryptWith(alice.identity, damaged);
    expect(error?.code).toBe('DECRYPTION_FAILED');
    expect(output.equals(plain.subarray(0, output.length))).toBe(true);
    expect(output.length).toBeLessThan(plain.length);
  }

  /** Nothing is returned that was not written so. */
  async function readAll(damaged: Buffer, chance: Chance): Promise<void> {
    const source = await openWith(alice.identity, damaged);
    for (let at = 0; at < source.size; ) {
      const length = Math.min(chance.between(1, 300_000), source.size - at);
      expect((await source.read(at, length)).equals(plain.subarray(at, at + length))).toBe(true);
      at += length;
    }
  }

  it('is refused whichever bit was flipped', () =>
    sampled(FLIPS, async (chance) => {
      const damaged = Buffer.from(file);
      // Half of them in the header, which is short.
      const at = chance.between(0, 1) ? chance.between(0, start) : chance.between(0, damaged.length - 1);
      damaged[at]! ^= 1 << chance.between(0, 7);
      await expect(readAll(damaged, chance)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      await expectRefusedAsStream(damaged);
    }));

  it('is refused on opening wherever it was cut off', () =>
    sampled(CUTS, async (chance) => {
      const damaged = file.subarray(0, chance.between(0, file.length - 1));
      await expect(openWith(alice.identity, damaged)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      await expectRefusedAsStream(damaged);
    }));

  it('is refused on opening when it was cut off behind a chunk, or in its header', async () => {
    const ends = [0, 1, headerOf(file) - 1, headerOf(file), start - 1, start, start + 16];
    for (let chunk = 1; start + chunk * SEALED < file.length; chunk++) ends.push(start + chunk * SEALED);
    for (const end of ends) {
      const damaged = file.subarray(0, end);
      await expect(openWith(alice.identity, damaged)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      await expectRefusedAsStream(damaged);
    }
  });

  it.each([1, 15, 16, 17, SEALED, 3 * SEALED])('is refused on opening with %i bytes behind its end', async (more) => {
    const damaged = Buffer.concat([file, randomBytes(more)]);
    await expect(openWith(alice.identity, damaged)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await expectRefusedAsStream(damaged);
  });

  it('is refused with chunks swapped, left out, or twice', async () => {
    const chunk = (index: number) => file.subarray(start + index * SEALED, start + (index + 1) * SEALED);
    const chunks = Array.from({ length: Math.ceil((file.length - start) / SEALED) }, (_, index) => chunk(index));
    const variants = [
      chunks.with(2, chunks[3]!).with(3, chunks[2]!),
      chunks.toSpliced(5, 1),
      chunks.toSpliced(5, 0, chunks[5]!),
      [...chunks, chunks.at(-1)!],
    ];
    for (const variant of variants) {
      const damaged = Buffer.concat([file.subarray(0, start), ...variant]);
      await sampled(1, (chance) =>
        expect(readAll(damaged, chance)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' }),
      );
      await expectRefusedAsStream(damaged);
    }
  });

  it('is refused when its payload is that of another file for the same recipient', async () => {
    const other = await encryptTo([alice.recipient], plain);
    const mixed = Buffer.concat([file.subarray(0, headerOf(file)), other.subarray(headerOf(other))]);
    await expect(openWith(alice.identity, mixed)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await expectRefusedAsStream(mixed);
  });

  it('is refused when a recipient was taken out of its header', async () => {
    const bob = await keyPair();
    const both = await encryptTo([bob.recipient, alice.recipient], plain);
    const text = both.subarray(0, headerOf(both)).toString();
    const [version, ...stanzas] = text.split(/^(?=->|---)/m);
    const header = Buffer.from([version, ...stanzas.slice(1)].join(''));
    const damaged = Buffer.concat([header, both.subarray(headerOf(both))]);
    const refusal = { code: 'DECRYPTION_FAILED', message: expect.stringContaining('its header is damaged') };
    await expect(openWith(alice.identity, damaged)).rejects.toMatchObject(refusal);
  });

  it('is told from a plain ZIP, from one with an AES key, and from anything else', async () => {
    const opening = (bytes: Buffer) => openWith(alice.identity, bytes);
    const refusal = (text: string) => ({ code: 'DECRYPTION_FAILED', message: expect.stringContaining(text) });
    await expect(opening(Buffer.from('PK\x03\x04 and more'))).rejects.toMatchObject(refusal('unencrypted ZIP'));
    await expect(opening(Buffer.alloc(100, 0x28))).rejects.toMatchObject(refusal('perhaps with an AES key'));
    await expect(opening(Buffer.alloc(100, 7))).rejects.toMatchObject(refusal('does not start like'));
    await expect(opening(Buffer.alloc(0))).rejects.toMatchObject(refusal('header is not complete'));
    const endless = Buffer.concat([file.subarray(0, 22), Buffer.alloc(400_000, 0x41)]);
    await expect(opening(endless)).rejects.toMatchObject(refusal('it has no end'));
  });
});
