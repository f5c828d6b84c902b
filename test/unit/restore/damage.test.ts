import { randomBytes } from 'node:crypto';
import { verifyArchive } from '../../../lib/restore/read/verify-archive.js';
import { everyday } from '../../fixtures/everyday.js';
import { type Chance, sampled } from '../../fixtures/streams.js';
import { contentOf, encrypted, madeArchive, users, verified, withArchive } from './support/made-archive.js';

const long = Boolean(process.env.TEST_LONG);
const FLIPS = long ? 1000 : 60;
const CUTS = long ? 200 : 20;
const KEY = randomBytes(32);

const FILES = {
  'a.txt': Buffer.from('hello'),
  'b/c.png': randomBytes(5000),
  'd/ünï.txt': Buffer.from('some words and some words'),
  empty: null,
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`many/${index}`, Buffer.from(`file ${index}`)])),
};

const flipped = (bytes: Buffer, chance: Chance): { damaged: Buffer; at: number } => {
  const damaged = Buffer.from(bytes);
  const at = chance.between(0, damaged.length - 1);
  damaged[at]! ^= 1 << chance.between(0, 7);
  return { damaged, at };
};

const BAD = { code: expect.stringMatching(/^(ARCHIVE_INVALID|DECRYPTION_FAILED)$/) };

describe('An encrypted archive is refused', () => {
  let whole: Buffer;
  beforeAll(async () => {
    whole = await encrypted(
      await madeArchive({ tables: [users(5000)], files: { ...FILES, large: randomBytes(2_500_000) } }),
      KEY,
    );
    await verified(whole, KEY);
  });

  it(
    `with a flipped bit at any of ${FLIPS} places`,
    () =>
      sampled(FLIPS, async (chance) => {
        await expect(verified(flipped(whole, chance).damaged, KEY)).rejects.toMatchObject({
          code: 'DECRYPTION_FAILED',
        });
      }),
    300_000,
  );

  it(
    `cut at any of ${CUTS} places`,
    () =>
      sampled(CUTS, async (chance) => {
        const length = chance.between(0, whole.length - 1);
        await expect(verified(whole.subarray(0, length), KEY)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      }),
    300_000,
  );
});

describe('A plain archive is refused', () => {
  let whole: Buffer;
  let content: string;
  beforeAll(async () => {
    whole = await madeArchive({ tables: [users(20)], files: FILES });
    content = await withArchive(whole, contentOf);
  });

  /**
   * The fields of headers that nothing of a restore depends on: versions and what they were made by, times in other
   * units, the kind of a file beside its mode, and a local header's sizes, which are zero where a descriptor follows, and may by one flipped bit become the
   * true ones.
   */
  function isUnchecked(at: number): boolean {
    const [local, central] = [whole.lastIndexOf('PK\x03\x04', at), whole.lastIndexOf('PK\x01\x02', at)];
    const isCentral = central > local;
    const place = at - (isCentral ? central : local);
    const allowed = isCentral
      ? [4, 5, 6, 7, 12, 13, 14, 15, 34, 35, 36, 37, 38, 39, 41]
      : [4, 5, 10, 11, 12, 13, 18, 22];
    const extra = isCentral ? 46 + whole.readUInt16LE(central + 28) : 30 + whole.readUInt16LE(local + 26);
    const extraBytes = whole.readUInt16LE(isCentral ? central + 30 : local + 28);
    return allowed.includes(place) || (place >= extra && place < extra + extraBytes);
  }

  /** The archive with one bit flipped is refused, or all that a restore takes from it is the same. */
  async function expectRefusedOrSame(damaged: Buffer, where: { at: number; bit?: number }): Promise<void> {
    const outcome = await withArchive(damaged, async (archive) => {
      await verifyArchive(archive);
      return contentOf(archive);
    }).catch((error: unknown) => error);
    const isNothing = isUnchecked(where.at) || isDeflated(where.at) || isOwnMode(where.at);
    if (typeof outcome === 'string') {
      expect({ ...where, content: outcome, isNothing }).toEqual({ ...where, content, isNothing: true });
    } else {
      expect(outcome).toMatchObject(BAD);
    }
  }

  it(
    `with a flipped bit at any of ${FLIPS * 5} places, or its rows, files, modes and times are the same`,
    () =>
      sampled(FLIPS * 5, async (chance) => {
        const { damaged, at } = flipped(whole, chance);
        await expectRefusedOrSame(damaged, { at });
      }),
    300_000,
  );

  it('with any bit of its directory flipped that a restore goes by', async () => {
    const begin = whole.readUInt32LE(whole.length - 6);
    const bits = Array.from({ length: (whole.length - begin) * 8 }, (_, index) => begin * 8 + index);
    for (const bit of everyday(bits, 400)) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await expectRefusedOrSame(damaged, { at: bit >> 3, bit: bit & 7 });
    }
  }, 900_000);

  it('with a mode or a time in its directory that is another one', async () => {
    const record = whole.indexOf('uploads/a.txt', whole.readUInt32LE(whole.length - 6)) - 46;
    const extra = record + 46 + 'uploads/a.txt'.length;
    expect(whole.readUInt32LE(record)).toBe(0x02014b50);
    for (const place of [record + 40, record + 41, extra + 21, extra + 24]) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(whole);
        damaged[place]! ^= 1 << bit;
        const refused = verified(damaged).then(
          () => `passes with bit ${bit} of byte ${place - record}`,
          ({ code }: { code: string }) => code,
        );
        // Below a microsecond, and the type of the file, which is checked by itself.
        const isNothing = (place === extra + 21 && bit < 4) || (place === record + 41 && bit > 3);
        if (!isNothing) expect(await refused).toBe('ARCHIVE_INVALID');
      }
    }
  });

  /** Deflate has bits that mean nothing, behind its end and in codes that nothing uses; the CRC proves what comes out. */
  function isDeflated(at: number): boolean {
    const local = whole.lastIndexOf('PK\x03\x04', at);
    const begin = local + 30 + whole.readUInt16LE(local + 26) + whole.readUInt16LE(local + 28);
    const deflated = whole.readUInt16LE(local + 8) === 8;
    // Zero where it stands in a descriptor behind the content.
    const length = whole.readUInt32LE(local + 18);
    return deflated && at >= begin && at < (length > 0 ? begin + length : whole.indexOf('PK\x07\x08', begin));
  }

  /** The mode of one of the archive's own entries, which is nobody's. */
  function isOwnMode(at: number): boolean {
    return ['VERSION', 'migrations.json', 'backup.jsonl', 'manifest.json'].some((name) => {
      const place = at - (whole.lastIndexOf(name) - 46);
      return place === 40 || place === 41;
    });
  }

  it(
    `cut at any of ${CUTS} places`,
    () =>
      sampled(CUTS, async (chance) => {
        const length = chance.between(0, whole.length - 1);
        await expect(verified(whole.subarray(0, length))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
      }),
    300_000,
  );
});
