import { randomBytes } from 'node:crypto';
import { zstd } from '../../../lib/support/zstd.js';
import { zstdFrame } from '../../../lib/support/zstd-frame.js';
import { cut, sampled } from '../../fixtures/streams.js';
import { describeUnless } from '../../fixtures/unless.js';
import { noZstd, zstdZeros } from '../../fixtures/zstd.js';

/** How many bytes of some chunks belong to a frame that ends in them, and to what may follow it. */
function lengthIn(chunks: readonly Buffer[], behind = 0): number {
  const frame = zstdFrame();
  const taken = chunks.reduce((sum, chunk) => sum + frame.take(chunk), 0);
  frame.end();
  expect(frame.length).toBe(taken + behind);
  return taken;
}

describe('A zstd frame', () => {
  it('ends where its last block does, whatever follows it', () => {
    const frame = zstdZeros(3);
    expect(lengthIn([frame])).toBe(frame.length);
    expect(lengthIn([Buffer.concat([frame, frame, Buffer.from('more')])])).toBe(frame.length);
    for (let size = 1; size < frame.length; size++) {
      expect(lengthIn(cut(Buffer.concat([frame, Buffer.from('more')]), size))).toBe(frame.length);
    }
  });

  it('may be followed by an empty one that decoders skip', () => {
    const [frame, skipped] = [zstdZeros(3), Buffer.from('502a4d1800000000', 'hex')];
    const all = Buffer.concat([frame, skipped, skipped, Buffer.from('more')]);
    for (let size = 1; size < all.length; size++) {
      expect(lengthIn(cut(all, size), skipped.length)).toBe(frame.length);
    }
    for (let length = 1; length < skipped.length; length++) {
      expect(lengthIn([frame, skipped.subarray(0, length), Buffer.from('more')])).toBe(frame.length);
    }
  });

  it('has not ended before its last byte', () => {
    const whole = Buffer.concat([zstdZeros(2, '28b52ffd0458'), Buffer.from('5bc1a5e0', 'hex')]);
    expect(lengthIn([whole])).toBe(whole.length);
    for (let length = 0; length < whole.length; length++) {
      expect(() => lengthIn([whole.subarray(0, length)])).toThrow('unexpected end of file');
    }
  });

  it('may declare the size of its content in one byte, two, four or eight, with a window or without', () => {
    for (const header of ['2000', '600000', 'a000000000', 'e00000000000000000', '405800ff', 'c058ffffffffffffffff']) {
      const frame = zstdZeros(1, `28b52ffd${header}`);
      expect(lengthIn([Buffer.concat([frame, Buffer.from('more')])])).toBe(frame.length);
    }
  });

  it.each([
    ['a window of 8 MiB', '0068'],
    ['8 MiB in one piece', 'a000008000'],
    ['64 KiB and 255 bytes in one piece', '60ffff'],
  ])('may have %s', (_, header) => {
    const frame = zstdZeros(1, `28b52ffd${header}`);
    expect(lengthIn([frame])).toBe(frame.length);
  });

  it.each([
    ['a window of 9 MiB', '0069', 'its window of 9437184 bytes is larger than 8 MiB'],
    ['a window of 3.75 TiB', '00ff', 'is larger than 8 MiB'],
    ['8 MiB and a byte in one piece', 'a001008000', 'its window of 8388609 bytes is larger than 8 MiB'],
    ['an exabyte in one piece', 'e00000000000000010', 'is larger than 8 MiB'],
    ['a dictionary', '0158000000', 'it needs a dictionary'],
    ['a flag of the future', '0858', 'not a zstd frame'],
  ])('with %s is refused', (_, header, problem) => {
    expect(() => lengthIn([zstdZeros(1, `28b52ffd${header}`)])).toThrow(problem);
  });

  it.each([
    ['something else', '1f8b080000000000', 'not a zstd frame'],
    ['a frame that decoders skip', '502a4d1800000000', 'not a zstd frame'],
    ['a block of an unknown type', '28b52ffd0058070000', 'of an unknown type'],
  ])('is not %s', (_, hex, problem) => {
    expect(() => lengthIn([Buffer.from(hex, 'hex')])).toThrow(problem);
  });
});

describeUnless(noZstd, 'A zstd frame of Node', () => {
  it('ends where Node ends it, at any level and of any content', () =>
    sampled(40, async (chance) => {
      const size = chance.of([0, 1, 255, 256, 257, 70_000, 300_000]);
      const content = chance.of([randomBytes(size), Buffer.alloc(size, 'text '), Buffer.alloc(size)]);
      const { ZSTD_c_compressionLevel } = zstd!.constants;
      // 201 is ZSTD_c_checksumFlag, and 200 ZSTD_c_contentSizeFlag.
      const params = {
        [ZSTD_c_compressionLevel]: chance.between(1, 19),
        201: chance.of([0, 1]),
        200: chance.of([0, 1]),
      };
      const frame = zstd!.zstdCompressSync(content, { params });
      const bytes = Buffer.concat([frame, randomBytes(chance.between(0, 20))]);
      expect(lengthIn(cut(bytes, () => chance.between(1, 100_000)))).toBe(frame.length);
    }));
});
