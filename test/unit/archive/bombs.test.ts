import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { ArchiveReader } from '../../../lib/archive/read/archive-reader.js';
import { type HostileEntry, hostileZip } from '../../fixtures/hostile-zip.js';
import { sourceOf } from '../restore/support/made-archive.js';

/** 10 GB in long runs, in entries of 2.5 GB. */
const ENTRIES = 4;
const BLOCKS = process.env.TEST_LONG ? 40 : 4;
const BLOCK = Buffer.alloc(62_500_000);
const MEMORY = 100e6;

/** An entry of zeros, a thousandth in the archive; a stream of deflate may be put together of such pieces. */
function zeros(blocks: number): HostileEntry {
  const piece = deflateRawSync(BLOCK, { finishFlush: constants.Z_FULL_FLUSH });
  let crc = 0;
  for (let block = 0; block < blocks; block++) crc = crc32(BLOCK, crc);
  const packed = Buffer.concat([...Array.from({ length: blocks }, () => piece), deflateRawSync('')]);
  return { name: '', method: 8, packed, crc, size: blocks * BLOCK.length };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('An archive that is a thousandth of its content', () => {
  const bomb = zeros(BLOCKS);
  const archive = (change: Partial<HostileEntry> = {}) =>
    hostileZip([
      { name: 'VERSION', content: '1' },
      { name: 'migrations.json', content: '{}' },
      { name: 'backup.jsonl' },
      ...Array.from({ length: ENTRIES }, (_, index) => ({ ...bomb, ...change, name: `uploads/${index}` })),
      { name: 'manifest.json', content: '{}' },
    ]);
  const total = ENTRIES * bomb.size!;

  it('is refused before anything of it is read, when that is more than the limit', async () => {
    const source = sourceOf(archive());
    const limits = { expandedBytes: total - 1 };
    const message = expect.stringContaining(`limit of ${total - 1} bytes`);
    await expect(ArchiveReader.open(source, { limits })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', message });
    expect(source.reads).toBeLessThan(10);
  });

  it('is refused as soon as there is more than it says', async () => {
    const source = sourceOf(archive({ size: 1_000_000 }));
    const reader = await ArchiveReader.open(source);
    const opened = source.reads;
    let given = 0;
    const reading = async () => {
      for await (const chunk of reader.read(reader.find('uploads/0')!)) given += (chunk as Buffer).length;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(given).toBeLessThanOrEqual(1_000_000);
    expect(source.reads - opened).toBeLessThan(6);
  });

  it(`is read in constant memory, when all of it is true: ${total / 1e9} GB`, async () => {
    const reader = await ArchiveReader.open(sourceOf(archive()));
    collect();
    const before = process.memoryUsage().rss;
    let [given, most] = [0, 0];
    for (const entry of reader.entries()) {
      for await (const chunk of reader.chunks(entry)) {
        given += chunk.length;
        most = Math.max(most, process.memoryUsage.rss() - before);
      }
    }
    expect(given).toBe(total + 5);
    expect(most).toBeLessThan(MEMORY);
  }, 120_000);
});
