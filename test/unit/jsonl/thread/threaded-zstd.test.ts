import { createHash } from 'node:crypto';
import { ArchiveReader } from '../../../../lib/archive/read/archive-reader.js';
import { ThreadedLines } from '../../../../lib/jsonl/thread/threaded-lines.js';
import { zstd } from '../../../../lib/support/zstd.js';
import { type HostileEntry, hostileZip } from '../../../fixtures/hostile-zip.js';
import { sampled } from '../../../fixtures/streams.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd, ZSTD_BLOCK_BYTES, zstdZeros } from '../../../fixtures/zstd.js';
import { sourceOf } from '../../restore/support/made-archive.js';

const LIMIT = 3_000_000;
const LINES = 30_000;
/** What an entry may have behind its frame. */
const SKIPPED = Buffer.from('502a4d1800000000', 'hex');
const content = Buffer.from(Array.from({ length: LINES }, (_, id) => `line ${id} ${(id * id) % 9973} ü\n`).join(''));

const compress = (bytes: Buffer, level = 3) =>
  zstd!.zstdCompressSync(bytes, { params: { [zstd!.constants.ZSTD_c_compressionLevel]: level } });

/** The lines of an archive that a thread reads, as their digest. */
async function read(entry: Omit<HostileEntry, 'name'>, rows = LINES): Promise<string> {
  const entries = [
    { name: 'VERSION', content: '1' },
    { name: 'migrations.json', content: '{}' },
    { ...entry, name: 'backup.jsonl', method: 93 },
    { name: 'manifest.json', content: '{}' },
  ];
  const reader = await ArchiveReader.open(sourceOf(hostileZip(entries)));
  const lines = new ThreadedLines(await reader.packed(reader.find('backup.jsonl')!), [rows], LIMIT);
  const hash = createHash('sha256');
  try {
    for (let block = await lines.next(); block; block = await lines.next()) hash.update(block.bytes);
    return hash.digest('hex');
  } finally {
    await lines.close();
  }
}

describeUnless(noZstd, 'Lines of zstd that a thread reads', () => {
  const digest = createHash('sha256').update(content).digest('hex');

  it('are those that were compressed', () =>
    sampled(6, async (chance) => {
      const packed = compress(content, chance.between(1, 19));
      expect(await read({ content, packed: chance.of([packed, Buffer.concat([packed, SKIPPED])]) })).toBe(digest);
    }));

  it.each<[string, (packed: Buffer) => Buffer, string]>([
    ['whose last byte is missing', (packed) => packed.subarray(0, -1), 'unexpected end of file'],
    ['of which half is missing', (packed) => packed.subarray(0, packed.length / 2), 'unexpected end of file'],
    ['of which everything is missing', () => Buffer.alloc(0), 'unexpected end of file'],
    ['with a byte behind them', (packed) => Buffer.concat([packed, Buffer.of(0)]), 'there are bytes after its end'],
    [
      'with many bytes behind them',
      (packed) => Buffer.concat([packed, Buffer.alloc(1_000_000)]),
      'there are bytes after its end',
    ],
    [
      'with an empty frame behind them',
      (packed) => Buffer.concat([packed, compress(Buffer.alloc(0))]),
      'there are bytes after its end',
    ],
    [
      'with half a frame to be skipped behind them',
      (packed) => Buffer.concat([packed, SKIPPED.subarray(0, 4)]),
      'there are bytes after its end',
    ],
    ['that are another compression', (packed) => Buffer.concat([Buffer.of(0), packed]), 'not a zstd frame'],
    [
      'of another size by their frame',
      (packed) => Buffer.from(packed.map((byte, at) => (at === 5 ? byte ^ 1 : byte))),
      'cannot be decompressed',
    ],
    ['that need too large a window', () => zstdZeros(1, '28b52ffd0070'), 'larger than 8 MiB'],
  ])('%s are refused', async (_, change, problem) => {
    const message = expect.stringMatching(new RegExp(`"backup\\.jsonl" is damaged: .*${problem}`));
    await expect(read({ content, packed: change(compress(content)) })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message,
    });
  });

  it('are refused when they are more than was declared, or others', async () => {
    const packed = compress(content);
    const { length } = content;
    for (const wrong of [{ size: length - 1 }, { size: length + 1 }, { crc: 7 }]) {
      await expect(read({ content, packed, ...wrong })).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        message: expect.stringMatching(/bytes it declares|bytes instead of|its checksum is wrong/),
      });
    }
  });

  it('are read no further than a line may be long', async () => {
    const size = 100 * ZSTD_BLOCK_BYTES;
    await expect(read({ packed: zstdZeros(100), size }, 1)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: /longer than 3000000 bytes/,
    });
  });
});
