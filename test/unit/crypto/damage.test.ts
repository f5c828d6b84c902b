import { randomBytes } from 'node:crypto';
import { SegmentDecryptor } from '../../../lib/crypto/segment-cipher.js';
import { deriveKey } from '../../../lib/crypto/segment-format.js';
import { cut, type Outcome, sampled, through } from '../../fixtures/streams.js';
import { firstRoom, HEADER, KEY, referenceSegments, room, SALT, sealParts } from './reference.js';

const SIZE = 96;
const plain = randomBytes(firstRoom(SIZE) + 3 * room(SIZE) + 25);
const segments = referenceSegments(plain, SIZE);
const whole = Buffer.concat([HEADER, ...segments]);

const decrypt = (stream: Buffer, key = KEY) =>
  through(new SegmentDecryptor(key, { segmentBytes: SIZE }), ...cut(stream, 50));

/** It fails with our error, and what came out before is a true part of the original from its beginning, and not all of it. */
function expectRefused({ output, error }: Outcome): void {
  expect(error?.code).toBe('DECRYPTION_FAILED');
  expect(output.equals(plain.subarray(0, output.length))).toBe(true);
  expect(output.length).toBeLessThan(plain.length);
}

describe('A decryptor refuses', () => {
  it('nothing of a whole stream', async () => {
    expect(await decrypt(whole)).toEqual({ output: plain });
  });

  it('a flipped bit, wherever it is', () =>
    sampled(150, async (chance) => {
      const damaged = Buffer.from(whole);
      const at = chance.between(0, damaged.length - 1);
      damaged[at]! ^= 1 << chance.between(0, 7);
      expectRefused(await decrypt(damaged));
    }));

  it('a stream that was cut off, at any byte and so at the end of every segment too', async () => {
    for (let length = 0; length < whole.length; length++) expectRefused(await decrypt(whole.subarray(0, length)));
  });

  it('swapped segments', async () => {
    const [s0, s1, s2, s3, s4] = segments as [Buffer, Buffer, Buffer, Buffer, Buffer];
    expectRefused(await decrypt(Buffer.concat([HEADER, s0, s2, s1, s3, s4])));
    expectRefused(await decrypt(Buffer.concat([HEADER, s0, s1, s3, s2, s4])));
  });

  it.each(segments.map((_, index) => index))('a stream without its segment %i', async (index) => {
    expectRefused(await decrypt(Buffer.concat([HEADER, ...segments.toSpliced(index, 1)])));
  });

  it.each(segments.map((_, index) => index))('a stream with its segment %i twice', async (index) => {
    expectRefused(await decrypt(Buffer.concat([HEADER, ...segments.toSpliced(index, 0, segments[index]!)])));
  });

  it.each([1, 15, 16, 17, SIZE, 3 * SIZE])('%i bytes behind the end', async (length) => {
    expectRefused(await decrypt(Buffer.concat([whole, randomBytes(length)])));
  });

  it('a segment of another stream with the same key', async () => {
    const other = sealParts([plain.subarray(0, firstRoom(SIZE))], deriveKey(KEY, randomBytes(32)), [0]);
    expectRefused(await decrypt(Buffer.concat([HEADER, other[0]!, ...segments.slice(1)])));
  });

  it('two streams one behind the other', async () => {
    expectRefused(await decrypt(Buffer.concat([whole, whole])));
  });

  it('an empty last segment behind others, which no writer makes', async () => {
    const parts = [plain.subarray(0, firstRoom(SIZE)), Buffer.alloc(0)];
    const { output, error } = await decrypt(Buffer.concat([HEADER, ...sealParts(parts, deriveKey(KEY, SALT))]));
    expect(error?.code).toBe('DECRYPTION_FAILED');
    expect(output.equals(parts[0]!)).toBe(true);
  });

  it('a last segment that does not say so', async () => {
    expectRefused(await decrypt(Buffer.concat([HEADER, ...referenceSegments(plain, SIZE, KEY, [0, 0, 0, 0, 0])])));
  });

  it('a wrong key, and gives nothing out', async () => {
    const { output, error } = await decrypt(whole, Buffer.from(KEY).reverse());
    expect(error).toMatchObject({ code: 'DECRYPTION_FAILED', message: expect.stringContaining('key is wrong') });
    expect(output).toHaveLength(0);
  });

  it('a plain ZIP, and says that it is one', async () => {
    const { output, error } = await decrypt(Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(500)]));
    expect(error).toMatchObject({ code: 'DECRYPTION_FAILED', message: expect.stringContaining('unencrypted ZIP') });
    expect(output).toHaveLength(0);
  });

  it('what is no archive at all, and nothing', async () => {
    expect((await decrypt(Buffer.alloc(500))).error?.code).toBe('DECRYPTION_FAILED');
    expect((await decrypt(Buffer.alloc(0))).error?.code).toBe('DECRYPTION_FAILED');
  });
});
