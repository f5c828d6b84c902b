import { truncateSync } from 'node:fs';
import { ArchiveService } from '../../../lib/files/archive.service.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import { describeUnless, onlyInLongRuns } from '../../fixtures/unless.js';
import { writeZipFile } from '../../fixtures/zip.js';

const GIB4 = 2 ** 32;
const MIB = Buffer.alloc(2 ** 20);

async function* zeros(length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; left -= MIB.length) yield MIB.subarray(0, Math.min(left, MIB.length));
}

describe('An archive beyond the limits of the first ZIP format', () => {
  const directory = temporaryDirectory();
  const archive = () => directory.at('archive.zip');

  it.each(process.env.TEST_LONG ? [65_535, 65_536, 70_000] : [2_000])(
    'opens with %i entries',
    (count) => {
      const name = (index: number) => `uploads/${index}.png`;
      const expected = Array.from({ length: count }, (_, index): [string, number] => [name(index), 1]);
      return writeZipFile(
        archive(),
        async (writer) => {
          for (let index = 0; index < count; index++) {
            await writer.addBytes(name(index), Buffer.from('x'), { uncompressed: true });
          }
        },
        expected,
      );
    },
    300_000,
  );

  describeUnless(onlyInLongRuns, 'of 4 GiB', () => {
    it.each([GIB4 - 1, GIB4 + 1])(
      'opens with a deflated entry of %i bytes',
      (length) =>
        writeZipFile(
          archive(),
          async (writer) => {
            await writer.addStream('backup.jsonl', zeros(length));
            await writer.addBytes('manifest.json', Buffer.from('{}'));
          },
          [
            ['backup.jsonl', length],
            ['manifest.json', 2],
          ],
        ),
      600_000,
    );

    // With its headers of 55 bytes, the first of these puts the next entry at 0xffffffff, which means "see ZIP64".
    it.each([-56, 1000])(
      'opens with a stored entry of 4 GiB and %i bytes, which puts what follows around that offset',
      (more) =>
        writeZipFile(
          archive(),
          async (writer) => {
            await writer.addStream('large.zip', zeros(GIB4 + more), { uncompressed: true });
            await writer.addBytes('next', Buffer.from('next'));
            await writer.addBytes('manifest.json', Buffer.from('{}'));
          },
          [
            ['large.zip', GIB4 + more],
            ['next', 4],
            ['manifest.json', 2],
          ],
        ),
      600_000,
    );

    it('opens with a sparse file of 5 GiB from a data directory', async () => {
      plant(directory.path, { 'data/sparse.bin': 'x', 'data/after/small.txt': 'y' });
      truncateSync(directory.at('data', 'sparse.bin'), 5 * 2 ** 30);
      await writeZipFile(
        archive(),
        async (writer) => {
          const uploads = { name: 'uploads', path: directory.at('data') };
          const report = await new ArchiveService().addDirectory(writer, uploads);
          expect(report).toEqual({ count: 2, bytes: 5 * 2 ** 30 + 1, skipped: [], warnings: [] });
        },
        [
          ['uploads/sparse.bin', 5 * 2 ** 30],
          ['uploads/after/small.txt', 1],
        ],
      );
    }, 600_000);
  });
});
