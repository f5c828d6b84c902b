import { randomBytes } from 'node:crypto';
import { openDecrypted } from '../../../lib/crypto/decrypted-source.js';
import { SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { through } from '../../fixtures/streams.js';
import { sourceOf } from '../restore/support/made-archive.js';

const KEY = randomBytes(32);
const SEGMENT = 1024;
const PARAMETERS = { segmentBytes: SEGMENT };

describe('An encrypted archive in a file', () => {
  it('is read into the same memory, one segment after the other', async () => {
    const plain = randomBytes(50 * SEGMENT + 10);
    const { output } = await through(new SegmentEncryptor(KEY, PARAMETERS), plain);
    const memories = new Set<ArrayBufferLike>();
    const source = {
      ...sourceOf(output),
      async readInto(position: number, bytes: Buffer) {
        memories.add(bytes.buffer);
        output.copy(bytes, 0, position, position + bytes.length);
      },
    };
    const opened = await openDecrypted(source, KEY, PARAMETERS);
    const read = async (at: number) => opened.read(at, Math.min(700, plain.length - at));
    for (let at = 0; at < plain.length; at += 700) {
      expect((await read(at)).equals(plain.subarray(at, at + 700))).toBe(true);
    }
    expect(memories.size).toBe(1);
  });

  it('is read in several places at the same time', async () => {
    const plain = randomBytes(50 * SEGMENT);
    const { output } = await through(new SegmentEncryptor(KEY, PARAMETERS), plain);
    const source = {
      ...sourceOf(output),
      async readInto(position: number, bytes: Buffer) {
        await new Promise((resolve) => setTimeout(resolve, position % 7));
        output.copy(bytes, 0, position, position + bytes.length);
      },
    };
    const opened = await openDecrypted(source, KEY, PARAMETERS);
    const places = [0, 20, 3, 49, 7, 20, 30, 11].map((place) => place * 1000);
    const found = await Promise.all(places.map((at) => opened.read(at, 900)));
    found.forEach((bytes, index) => {
      expect(bytes.equals(plain.subarray(places[index], places[index]! + 900))).toBe(true);
    });
  });
});
