import { randomBytes } from 'node:crypto';
import { type Chance, sampled } from '../../fixtures/streams.js';
import { verifyArchive } from '../../../lib/restore/read/verify-archive.js';
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
   * The fields of headers that have no checksum: dates, modes, versions and what they were made by; and a local header's
   * sizes, which are zero where a descriptor follows, and may by one flipped bit become the true ones.
   */
  function isUnchecked(at: number): boolean {
    const [local, central] = [whole.lastIndexOf('PK\x03\x04', at), whole.lastIndexOf('PK\x01\x02', at)];
    const [place, allowed] =
      central > local
        ? [at - central, [4, 5, 6, 7, 12, 13, 14, 15, 34, 35, 36, 37, 38, 39, 40, 41]]
        : [at - local, [4, 5, 10, 11, 12, 13, 18, 22]];
    return allowed.includes(place);
  }

  it(
    `with a flipped bit at any of ${FLIPS * 5} places, or its rows and files are the same`,
    () =>
      sampled(FLIPS * 5, async (chance) => {
        const { damaged, at } = flipped(whole, chance);
        const outcome = await withArchive(damaged, async (archive) => {
          await verifyArchive(archive);
          return contentOf(archive);
        }).catch((error: unknown) => error);
        if (typeof outcome !== 'string') expect(outcome).toMatchObject(BAD);
        else
          expect({ at, content: outcome, unchecked: isUnchecked(at) || isDeflated(at) }).toEqual({
            at,
            content,
            unchecked: true,
          });
      }),
    300_000,
  );

  /** Deflate has bits that mean nothing, behind its end and in codes that nothing uses; the CRC proves what comes out. */
  function isDeflated(at: number): boolean {
    const local = whole.lastIndexOf('PK\x03\x04', at);
    const begin = local + 30 + whole.readUInt16LE(local + 26) + whole.readUInt16LE(local + 28);
    const deflated = whole.readUInt16LE(local + 8) === 8;
    // Zero where it stands in a descriptor behind the content.
    const length = whole.readUInt32LE(local + 18);
    return deflated && at >= begin && at < (length > 0 ? begin + length : whole.indexOf('PK\x07\x08', begin));
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
