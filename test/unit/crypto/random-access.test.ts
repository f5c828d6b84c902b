import { randomBytes } from 'node:crypto';
import { openDecrypted } from '../../../lib/crypto/decrypted-source.js';
import { SegmentDecryptor, SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { type Chance, sampled, through } from '../../fixtures/streams.js';
import { sourceOf } from '../restore/support/made-archive.js';
import { firstRoom, HEADER, KEY, referenceSegments, room } from './reference.js';

const SIZE = 96;
const TIMES = process.env.TEST_LONG ? 1000 : 60;

const seal = (plain: Buffer, segmentBytes?: number) =>
  through(new SegmentEncryptor(KEY, { segmentBytes }), plain).then(({ output }) => output);

const open = (bytes: Buffer, key = KEY, segmentBytes: number | undefined = SIZE) =>
  openDecrypted(sourceOf(bytes), key, { segmentBytes });

/** Reads all of it, in pieces of random sizes. */
async function readAll(bytes: Buffer, chance: Chance): Promise<Buffer> {
  const source = await open(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < source.size; ) {
    const length = Math.min(chance.between(1, 200), source.size - at);
    pieces.push(await source.read(at, length));
    at += length;
  }
  return Buffer.concat(pieces);
}

describe('What is encrypted can be read at any place', () => {
  it.each([0, 1, 39, 40, 41, 119, 120, 121, 200, 201, 1000])('of %i bytes', async (length) => {
    const plain = randomBytes(length);
    const sealed = await seal(plain, SIZE);
    const source = await open(sealed);
    expect(source.size).toBe(length);
    expect((await through(new SegmentDecryptor(KEY, { segmentBytes: SIZE }), sealed)).output.equals(plain)).toBe(true);
    for (let start = 0; start <= length; start += length < 300 ? 1 : 7) {
      for (const end of [start, start + 1, start + 40, start + 41, start + 80, start + 200, length]) {
        if (end < start || end > length) continue;
        expect((await source.read(start, end - start)).equals(plain.subarray(start, end))).toBe(true);
      }
    }
  });

  it('around the boundaries of segments of 1 MiB, and anywhere', async () => {
    const boundary = 2 ** 20 - 56;
    const plain = randomBytes(boundary + 2 * (2 ** 20 - 16) + 12_345);
    const source = await openDecrypted(sourceOf(await seal(plain)), KEY);
    expect(source.size).toBe(plain.length);
    for (const edge of [boundary, boundary + 2 ** 20 - 16, boundary + 2 * (2 ** 20 - 16)]) {
      for (const [before, after] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [500, 2 ** 20],
        [0, 0],
      ] as const) {
        const end = Math.min(edge + after, plain.length);
        expect((await source.read(edge - before, end - edge + before)).equals(plain.subarray(edge - before, end))).toBe(
          true,
        );
      }
    }
    await sampled(200, async (chance) => {
      const start = chance.between(0, plain.length);
      const end = chance.between(start, Math.min(plain.length, start + 3_000_000));
      expect((await source.read(start, end - start)).equals(plain.subarray(start, end))).toBe(true);
    });
  });

  it('a segment that is read through is decrypted once', async () => {
    const file = sourceOf(await seal(randomBytes(3_000_000)));
    const source = await openDecrypted(file, KEY);
    for (let at = 0; at < 3_000_000; at += 10_000) {
      await Promise.all([source.read(at, 5000), source.read(at + 5000, 5000)]);
    }
    expect(file.reads).toBe(1 + 3); // The header, and each segment.
    await source.close();
    expect(file.closed).toBe(true);
  });
});

describe('Random access refuses', () => {
  const plain = randomBytes(firstRoom(SIZE) + 3 * room(SIZE) + 25);
  const whole = Buffer.concat([HEADER, ...referenceSegments(plain, SIZE)]);
  const refusal = (problem: string) => ({ code: 'DECRYPTION_FAILED', message: expect.stringContaining(problem) });

  it('a wrong key, when it is opened', async () => {
    await expect(open(whole, Buffer.from(KEY).reverse())).rejects.toMatchObject(refusal('key is wrong'));
  });

  it('a plain ZIP, and what is no archive at all', async () => {
    await expect(open(Buffer.concat([Buffer.from('PK\x03\x04'), plain]))).rejects.toMatchObject(
      refusal('unencrypted ZIP'),
    );
    await expect(open(Buffer.alloc(500, 7))).rejects.toMatchObject(refusal('does not start like an encrypted archive'));
    await expect(open(Buffer.alloc(0))).rejects.toMatchObject(refusal('shorter than the header'));
  });

  it('every cut, and bytes behind the end, when it is opened', async () => {
    for (let length = 0; length < whole.length; length++) {
      await expect(open(whole.subarray(0, length))).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    }
    for (const more of [1, 16, 17, SIZE]) {
      await expect(open(Buffer.concat([whole, Buffer.alloc(more)]))).rejects.toMatchObject({
        code: 'DECRYPTION_FAILED',
      });
    }
  });

  it('a flipped bit, wherever it is', () =>
    sampled(TIMES, async (chance) => {
      const damaged = Buffer.from(whole);
      damaged[chance.between(0, damaged.length - 1)]! ^= 1 << chance.between(0, 7);
      await expect(readAll(damaged, chance)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    }));

  it('swapped segments', async () => {
    const swapped = Buffer.concat([
      whole.subarray(0, SIZE),
      whole.subarray(2 * SIZE, 3 * SIZE),
      whole.subarray(SIZE, 2 * SIZE),
      whole.subarray(3 * SIZE),
    ]);
    await sampled(1, (chance) =>
      expect(readAll(swapped, chance)).rejects.toMatchObject(refusal('segment 1 is damaged')),
    );
  });
});
