import { randomBytes } from 'node:crypto';
import { ArchiveWriter } from '../../../../lib/archive/archive-writer.js';
import { ZSTANDARD } from '../../../../lib/archive/compression.js';
import type { FileEntry } from '../../../../lib/archive/entry-attributes.js';
import { drain } from '../../../fixtures/streams.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd } from '../../../fixtures/zstd.js';

const files: FileEntry[] = [1, 3_000, 16_384, 16_385].flatMap((size) =>
  [Buffer.alloc(size, 'words '), randomBytes(size)].flatMap((bytes, kind) =>
    [1, 2, 3].map((index) => ({ name: `a/${size}-${kind}-${index}`, bytes, mode: 0o644, mtimeMs: 1.7e12 })),
  ),
);

async function archiveOf(level: number, add: (writer: ArchiveWriter) => Promise<void>): Promise<Buffer> {
  const writer = new ArchiveWriter(level, 'zstd');
  const reading = drain(writer.stream);
  await add(writer);
  writer.finish();
  return (await reading).output;
}

describeUnless(noZstd, 'Files that are added together to an archive of zstd', () => {
  // Above 9, small files are compressed by the thread, too.
  it.each([3, 12])('make the same archive of level %i as one by one, byte for byte', async (level) => {
    const together = await archiveOf(level, (writer) => writer.addFiles(files));
    const expected = await archiveOf(level, async (writer) => {
      for (const { name, bytes, ...attributes } of files) await writer.addBytes(name, bytes, attributes);
    });
    expect(together.equals(expected)).toBe(true);
    expect(together.readUInt16LE(8)).toBe(ZSTANDARD);
  });
});
