import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { ArchiveReader } from '../../../../lib/archive/read/archive-reader.js';
import { zstd } from '../../../../lib/support/zstd.js';
import { type HostileEntry, hostileZip } from '../../../fixtures/hostile-zip.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd, ZSTD_BLOCK_BYTES, zstdZeros } from '../../../fixtures/zstd.js';
import { sourceOf } from '../../restore/support/made-archive.js';

const METHOD = 93;
const MEMORY = 60e6;
/** What an entry may have behind its frame. */
const SKIPPED = Buffer.from('502a4d1800000000', 'hex');

const archiveOf = (entry: Omit<HostileEntry, 'name'>) =>
  hostileZip([
    { name: 'VERSION', content: '1' },
    { name: 'migrations.json', content: '{}' },
    { name: 'backup.jsonl' },
    { ...entry, name: 'uploads/x', method: METHOD },
    { name: 'manifest.json', content: '{}' },
  ]);

async function read(entry: Omit<HostileEntry, 'name'>): Promise<void> {
  const reader = await ArchiveReader.open(sourceOf(archiveOf(entry)));
  for await (const _ of reader.chunks(reader.find('uploads/x')!));
}

const refusal = (problem: string) => ({
  code: 'ARCHIVE_INVALID',
  message: expect.stringMatching(new RegExp(`"uploads/x" is damaged: .*${problem}`)),
});

const compress = (content: Buffer | string, params = {}) => zstd!.zstdCompressSync(Buffer.from(content), { params });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Read in one piece, and as a stream. */
describeUnless(noZstd, 'An entry of zstd', () => {
  const contents: Array<[string, Buffer]> = [
    ['small', Buffer.from('abc '.repeat(50))],
    ['large', Buffer.concat([randomBytes(400_000), Buffer.alloc(400_000, 'text ')])],
  ];

  describe.each(contents)('that is %s', (_, content) => {
    const entry = (change: (packed: Buffer) => Buffer) => ({ content, packed: change(compress(content)) });

    it('is read when nothing is wrong with it', async () => {
      await read(entry((packed) => packed));
      await read(entry((packed) => Buffer.concat([packed, SKIPPED])));
    });

    it.each([1, 2, 3, 4])('is damaged when its last bytes are missing: %i', async (bytes) => {
      await expect(read(entry((packed) => packed.subarray(0, -bytes)))).rejects.toMatchObject(
        refusal('unexpected end of file'),
      );
    });

    it('is damaged when half of it is missing, or all', async () => {
      for (const part of [0.5, 0]) {
        const cut = entry((packed) => packed.subarray(0, packed.length * part));
        await expect(read(cut)).rejects.toMatchObject(refusal('unexpected end of file'));
      }
    });

    it.each([
      ['a byte', Buffer.of(0)],
      ['text', Buffer.from('more')],
      ['many bytes', Buffer.alloc(700_000, 'more')],
      ['an empty frame', Buffer.from('28b52ffd2000010000', 'hex')],
      ['a frame to be skipped that has content', Buffer.from('502a4d1801000000ff', 'hex')],
      ['half a frame to be skipped', SKIPPED.subarray(0, 4)],
      ['more than one frame to be skipped', Buffer.concat([SKIPPED, SKIPPED])],
    ])('is damaged when %s follows its frame', async (_name, more) => {
      const longer = entry((packed) => Buffer.concat([packed, more]));
      await expect(read(longer)).rejects.toMatchObject(refusal('there are bytes after its end'));
    });

    it('is damaged when it has the content of two frames', async () => {
      const packed = Buffer.concat([compress(content.subarray(0, 100)), compress(content.subarray(100))]);
      await expect(read({ content, packed })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    });

    it('is damaged by each flipped bit of its beginning and of its end, unless the content is the same', async () => {
      const packed = compress(content);
      for (const at of [0, 3, 4, 5, 6, 9, 10, 11, 20, packed.length - 4, packed.length - 1]) {
        for (let bit = 0; bit < 8; bit++) {
          const flipped = Buffer.from(packed);
          flipped[at]! ^= 1 << bit;
          const outcome = await read({ content, packed: flipped }).catch((error: { code: string }) => error.code);
          // A bit of the window, or one that the frame does not use, changes nothing; the checksum is right then.
          expect([undefined, 'ARCHIVE_INVALID']).toContain(outcome);
          if (at < 4) expect(outcome).toBe('ARCHIVE_INVALID');
        }
      }
    });

    it('is damaged when its frame declares another size than it has', async () => {
      const packed = compress(content);
      packed[5]! ^= 1;
      await expect(read({ content, packed })).rejects.toMatchObject(refusal('cannot be decompressed'));
    });

    it('is damaged when it has another size or checksum than is declared', async () => {
      const packed = compress(content);
      const { length } = content;
      const crc = crc32(content);
      await expect(read({ packed, crc, size: length - 1 })).rejects.toMatchObject(refusal('more than the \\d+ bytes'));
      await expect(read({ packed, crc, size: length + 1 })).rejects.toMatchObject(
        refusal(`${length} bytes instead of`),
      );
      await expect(read({ packed, crc: (crc ^ 1) >>> 0, size: length })).rejects.toMatchObject(
        refusal('checksum is wrong'),
      );
    });
  });

  it.each([['0070'], ['00f8']])('is damaged when a decoder would need too large a window (%s)', async (header) => {
    const packed = zstdZeros(1, `28b52ffd${header}`);
    const content = Buffer.alloc(ZSTD_BLOCK_BYTES);
    await expect(read({ packed, content })).rejects.toMatchObject(refusal('larger than 8 MiB'));
  });

  it.each([100, 100_000])(
    'gives out no more than the %i bytes that it declares, and is not read further',
    async (size) => {
      const reader = await ArchiveReader.open(sourceOf(archiveOf({ packed: zstdZeros(8_000), size })));
      let given = 0;
      const reading = async () => {
        for await (const chunk of reader.chunks(reader.find('uploads/x')!)) given += chunk.length;
      };
      await expect(reading()).rejects.toMatchObject(refusal('more than the'));
      expect(given).toBeLessThanOrEqual(size);
    },
  );

  it('is read in constant memory, although it is a thirty-thousandth of its content', async () => {
    const blocks = 8_000;
    const block = Buffer.alloc(ZSTD_BLOCK_BYTES);
    let crc = 0;
    for (let count = 0; count < blocks; count++) crc = crc32(block, crc);
    const size = blocks * ZSTD_BLOCK_BYTES;
    const reader = await ArchiveReader.open(sourceOf(archiveOf({ packed: zstdZeros(blocks), crc, size })));
    collect();
    const before = process.memoryUsage.rss();
    let [given, most] = [0, 0];
    for await (const chunk of reader.chunks(reader.find('uploads/x')!)) {
      given += chunk.length;
      most = Math.max(most, process.memoryUsage.rss() - before);
    }
    expect(given).toBe(size);
    expect(most).toBeLessThan(MEMORY);
  });
});
