import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { CryptoService } from '../../../lib/crypto/crypto.service.js';
import { SegmentDecryptor, SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { cut, sampled, through } from '../../fixtures/streams.js';
import { firstRoom, HEADER, KEY, RANDOM, referenceSegments, room } from './reference.js';

const small = { segmentBytes: 96 };
const SEGMENT_BYTES = 1_048_576;

/** L = header + plaintext + one tag for each segment; only the empty message has an empty segment. */
function sealedLength(plain: number, size: number): number {
  const further = Math.max(0, plain - firstRoom(size));
  return 40 + plain + 16 * (1 + Math.ceil(further / room(size)));
}

function sizesAround(size: number): number[] {
  const [first, next] = [firstRoom(size), room(size)];
  const ends = [first, first + next, first + 2 * next, first + 5 * next];
  return [0, 1, ...ends.flatMap((end) => [end - 1, end, end + 1])];
}

describe('The cipher', () => {
  it.each(sizesAround(96))(
    'carries %i bytes in segments of 96, in exactly the length of the format',
    async (length) => {
      const plain = randomBytes(length);
      const { output } = await through(new SegmentEncryptor(KEY, small, RANDOM), ...cut(plain, 7));
      expect(output).toHaveLength(sealedLength(length, 96));
      expect(output.equals(Buffer.concat([HEADER, ...referenceSegments(plain, 96)]))).toBe(true);
      expect(await through(new SegmentDecryptor(KEY, small), ...cut(output, 11))).toEqual({ output: plain });
    },
  );

  it.each(sizesAround(SEGMENT_BYTES).filter((length) => length < 3 * SEGMENT_BYTES + 2))(
    'carries %i bytes in segments of 1 MiB',
    async (length) => {
      const crypto = new CryptoService();
      const plain = randomBytes(length);
      const { output: sealed } = await through(crypto.createEncryptor(KEY), ...cut(plain, 65_536));
      expect(sealed).toHaveLength(sealedLength(length, SEGMENT_BYTES));
      const { output, error } = await through(crypto.createDecryptor(KEY), ...cut(sealed, 65_536));
      expect(error).toBeUndefined();
      expect(digest(output)).toBe(digest(plain));
    },
  );

  it('agrees with a second implementation, whatever the length and the pieces', () =>
    sampled(150, async (chance) => {
      const size = chance.between(58, 300);
      const plain = chance.bytes(chance.between(0, 1500));
      const key = chance.bytes(32);
      const pieces = () => chance.between(1, chance.between(1, 400));
      const { output: sealed } = await through(
        new SegmentEncryptor(key, { segmentBytes: size }, RANDOM),
        ...cut(plain, pieces),
      );
      expect(sealed.toString('hex')).toBe(
        Buffer.concat([HEADER, ...referenceSegments(plain, size, key)]).toString('hex'),
      );
      const opened = await through(new SegmentDecryptor(key, { segmentBytes: size }), ...cut(sealed, pieces));
      expect(opened).toEqual({ output: plain });
    }));

  it('never writes the same stream twice, though key and content are the same', async () => {
    const plain = Buffer.from('the same words');
    const first = await through(new SegmentEncryptor(KEY), plain);
    const second = await through(new SegmentEncryptor(KEY), plain);
    expect(first.output.subarray(1, 33).equals(second.output.subarray(1, 33))).toBe(false);
    expect(first.output.subarray(33, 40).equals(second.output.subarray(33, 40))).toBe(false);
    expect(first.output.subarray(40).equals(second.output.subarray(40))).toBe(false);
  });

  it('leaves the key it was given as it was', async () => {
    const key = randomBytes(32);
    const before = key.toString('hex');
    const { output } = await through(new SegmentEncryptor(key), Buffer.from('x'));
    const decryptor = new SegmentDecryptor(key);
    const closed = once(decryptor, 'close');
    await through(decryptor, output);
    await closed;
    expect(key.toString('hex')).toBe(before);
  });
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
