import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { SegmentDecryptor } from '../../../lib/crypto/segment-cipher.js';
import { cut } from '../../fixtures/streams.js';
import { firstRoom, HEADER, KEY, referenceSegments, room } from './reference.js';

const SIZE = 96;
const plain = randomBytes(firstRoom(SIZE) + 2 * room(SIZE) + 30);
const segments = referenceSegments(plain, SIZE);
const whole = Buffer.concat([HEADER, ...segments]);

/** Offsets in the stream behind each segment, and how much of the plaintext the segments up to there hold. */
const ends = segments.map((_, index) => ({
  offset: 40 + Buffer.concat(segments.slice(0, index + 1)).length,
  plain: Math.min(plain.length, firstRoom(SIZE) + index * room(SIZE)),
}));

describe('Plaintext', () => {
  it('leaves segment by segment, and nothing of a segment before all of it and its tag are there', async () => {
    const decryptor = new SegmentDecryptor(KEY, { segmentBytes: SIZE });
    let released = 0;
    decryptor.on('data', (chunk: Buffer) => (released += chunk.length));
    let fed = 0;
    for (const byte of cut(whole, 1)) {
      decryptor.write(byte);
      fed++;
      await setImmediate();
      // The byte behind a segment tells that it is not the last one.
      expect(released).toBe(ends.findLast(({ offset }) => offset < fed)?.plain ?? 0);
    }
    expect(released).toBe(plain.length - 30);
    decryptor.end();
    await new Promise((resolve) => decryptor.once('end', resolve));
    expect(released).toBe(plain.length);
  });

  it.each([0, 1, 2, 3])('of segment %i does not leave when its tag is wrong', async (index) => {
    const damaged = Buffer.from(whole);
    damaged[ends[index]!.offset - 1]! ^= 1;
    const decryptor = new SegmentDecryptor(KEY, { segmentBytes: SIZE });
    let released = 0;
    decryptor.on('data', (chunk: Buffer) => (released += chunk.length));
    const failed = new Promise((resolve) => decryptor.once('error', resolve));
    for (const byte of cut(damaged, 1)) {
      if (decryptor.destroyed) break;
      decryptor.write(byte);
      await setImmediate();
    }
    if (!decryptor.destroyed) decryptor.end();
    expect(await failed).toMatchObject({ code: 'DECRYPTION_FAILED' });
    expect(released).toBe(index === 0 ? 0 : ends[index - 1]!.plain);
  });
});
