import { randomBytes } from 'node:crypto';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArchiveService } from '../../../../lib/files/archive.service.js';
import { openBelow, plant, temporaryDirectory } from '../../../fixtures/files.js';
import { checkedEntries } from '../../../fixtures/zip.js';

const directory = temporaryDirectory();
const LENGTH = 8_000_000;
const original = randomBytes(LENGTH);
/** Bytes of the archive that wait for a reader once the large file has been begun. */
const HELD = 100_000;

/** Archives the large file and two small ones; `change` happens when the file has been begun and the reader is behind. */
async function archiveWhile(change: () => void) {
  const service = new ArchiveService();
  const writer = service.createWriter(3);
  await writer.addBytes('VERSION', Buffer.from('1'));
  const reporting = service.addDirectory(writer, { name: 'uploads', path: directory.path });
  while (!openBelow(directory.path).includes(directory.at('large.png'))) await sleep(5);
  // It has been read from, and no more of it is, since nobody takes what was read.
  while (writer.stream.readableLength < HELD) await sleep(5);
  await sleep(50);
  expect(openBelow(directory.path)).toContain(directory.at('large.png'));
  change();
  const archive = buffer(writer.stream);
  const report = await reporting;
  await writer.addBytes('manifest.json', Buffer.from('{}'));
  writer.finish();
  const entries = await checkedEntries(await archive);
  expect(openBelow(directory.path)).toEqual([]);
  return { report, content: Object.fromEntries(entries.map(({ name, content }) => [name, content])) };
}

describe('A large file that is written to while it is read', () => {
  beforeEach(() => plant(directory.path, { 'large.png': original, 'a.txt': 'a', 'b.txt': 'b' }));

  it.each([0, 5_000_000])(
    'is read once more when it is cut to %i bytes, and is in the archive once',
    async (length) => {
      const { report, content } = await archiveWhile(() => truncateSync(directory.at('large.png'), length));
      expect(report).toEqual({ count: 3, bytes: length + 2, skipped: [], warnings: [] });
      expect(content['uploads/large.png']!.equals(original.subarray(0, length))).toBe(true);
      const names = ['VERSION', 'manifest.json', 'uploads/', 'uploads/a.txt', 'uploads/b.txt', 'uploads/large.png'];
      expect(Object.keys(content).toSorted()).toEqual(names);
    },
  );

  it('has the size it had when it was opened, and a warning, when it grows', async () => {
    const { report, content } = await archiveWhile(() => appendFileSync(directory.at('large.png'), 'more'));
    expect(content['uploads/large.png']!.equals(original)).toBe(true);
    expect(report).toEqual({
      count: 3,
      bytes: LENGTH + 2,
      skipped: [],
      warnings: ['uploads/large.png: it was written to while it was read'],
    });
  });

  it('is read once more when it is overwritten, and is never half old and half new', async () => {
    const { report, content } = await archiveWhile(() =>
      writeFileSync(directory.at('large.png'), Buffer.alloc(LENGTH), { flag: 'r+' }),
    );
    expect(content['uploads/large.png']!.equals(Buffer.alloc(LENGTH))).toBe(true);
    expect(report).toEqual({ count: 3, bytes: LENGTH + 2, skipped: [], warnings: [] });
  });

  it('is skipped when it is overwritten each time that it is read', async () => {
    let writes = 0;
    const overwrite = () => {
      writeFileSync(directory.at('large.png'), Buffer.alloc(LENGTH, ++writes), { flag: 'r+' });
    };
    const timer = setInterval(overwrite, 5);
    const { report, content } = await archiveWhile(overwrite).finally(() => clearInterval(timer));
    expect(report).toEqual({
      count: 2,
      bytes: 2,
      skipped: [{ path: 'uploads/large.png', reason: 'it was written to every time it was read' }],
      warnings: [],
    });
    expect(Object.keys(content)).not.toContain('uploads/large.png');
  });

  it('has no warning when it is left alone', async () => {
    const { report, content } = await archiveWhile(() => {});
    expect(content['uploads/large.png']!.equals(original)).toBe(true);
    expect(report).toEqual({ count: 3, bytes: LENGTH + 2, skipped: [], warnings: [] });
  });
});
