import { ArchiveWriter } from '../../../../lib/archive/archive-writer.js';
import { LARGEST } from '../../../../lib/archive/archiver/entry-headers.js';
import { type ZipEngine, zipEngine } from '../../../../lib/archive/archiver/internals.js';
import { drain } from '../../../fixtures/streams.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd } from '../../../fixtures/zstd.js';

const ZIP_6_3 = 63;

describeUnless(noZstd, 'The headers of an entry of zstd', () => {
  it('need ZIP 6.3 although the entry needs ZIP64 as well', async () => {
    const writer = new ArchiveWriter(3, 'zstd');
    const reading = drain(writer.stream);
    await writer.addBytes('data/file', Buffer.from('content'));
    const { archive } = writer as unknown as { archive: Parameters<typeof zipEngine>[0] };
    const engine = zipEngine(archive) as ZipEngine;
    const entry = engine._entries.at(-1)!;
    const size = entry.getSize();
    entry.setSize(LARGEST + 1);
    for (const [step, at] of [
      ['_writeLocalFileHeader', 4],
      ['_writeCentralFileHeader', 6],
    ] as const) {
      const pieces: Buffer[] = [];
      const write = (piece: Buffer | string) => pieces.push(Buffer.from(piece));
      (Object.getPrototypeOf(engine) as ZipEngine)[step].call({ offset: 0, write } as never, entry);
      expect(Buffer.concat(pieces).readUInt16LE(at)).toBe(ZIP_6_3);
    }
    entry.setSize(size);
    writer.finish();
    expect((await reading).error).toBeUndefined();
  });
});
