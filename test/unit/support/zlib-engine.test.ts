import { randomBytes } from 'node:crypto';
import { createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ZlibEngine } from '../../../lib/support/zlib-engine.js';

const ROOM = Buffer.alloc(20_000);

/** Texts, noise, runs and nothing, of sizes around the borders of blocks and windows. */
function pieces(): Buffer[] {
  const sizes = [0, 1, 2, 100, 255, 256, 257, 3000, 4095, 4096, 12_000, 16_384];
  return sizes.flatMap((size) => [
    randomBytes(size),
    Buffer.alloc(size, 'ab'),
    Buffer.from(`${Math.random()} word `.repeat(size).slice(0, size)),
  ]);
}

describe('A zlib engine', () => {
  it('deflates one piece after the other to what is inflated again', () => {
    const engine = ZlibEngine.deflating({ level: 3 });
    for (const bytes of [...pieces(), ...pieces().reverse()]) {
      const { written, read } = engine.run(bytes, ROOM)!;
      expect(read).toBe(bytes.length);
      expect(inflateRawSync(ROOM.subarray(0, written)).equals(bytes)).toBe(true);
    }
  });

  it('inflates one piece after the other, and says where each has ended', () => {
    const engine = ZlibEngine.inflating();
    for (const bytes of [...pieces(), ...pieces().reverse()]) {
      const deflated = deflateRawSync(bytes);
      const result = engine.run(Buffer.concat([deflated, Buffer.from('behind it')]), ROOM);
      expect(result).toEqual({ written: bytes.length, read: deflated.length });
      expect(ROOM.subarray(0, bytes.length).equals(bytes)).toBe(true);
    }
  });

  it('starts one stream for all of them', () => {
    let started = 0;
    const engine = new ZlibEngine(() => {
      started++;
      return createDeflateRaw();
    });
    for (const bytes of pieces()) engine.run(bytes, ROOM);
    expect(started).toBe(1);
  });

  it('refuses what is damaged, cut or too long, and goes on with the next', () => {
    const engine = ZlibEngine.inflating();
    const text = Buffer.from('some words, and again some words, and more '.repeat(50));
    const deflated = deflateRawSync(text);
    for (const wrong of [Buffer.alloc(100, 0xff), deflated.subarray(0, -1), Buffer.alloc(0)]) {
      expect(engine.run(wrong, ROOM)).toBeUndefined();
      expect(engine.run(deflated, ROOM)?.written).toBe(text.length);
    }
    expect(engine.run(deflated, Buffer.alloc(text.length))).toBeUndefined();
    expect(engine.run(deflated, Buffer.alloc(text.length + 1))?.written).toBe(text.length);
  });

  it('does nothing where zlib looks different', () => {
    for (const hidden of [{ _handle: null }, { _handle: { reset() {} } }, { _writeState: undefined }]) {
      const engine = new ZlibEngine(() => Object.assign(createInflateRaw(), hidden));
      expect(engine.run(deflateRawSync(Buffer.from('x')), ROOM)).toBeUndefined();
    }
  });
});
