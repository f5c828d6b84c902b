import type { Readable, Writable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { drain } from '../../fixtures/streams.js';
import { checkedEntries } from '../../fixtures/zip.js';

const ENTRIES = 4_000;
/** With 1000 bytes of name, the directory has more than 4 MB. */
const name = (index: number) => `uploads/${String(index).padStart(1000, '0')}.txt`;

/** A writer with many entries, all of them read, and its reader. */
async function writtenArchive() {
  const writer = new ArchiveWriter(3);
  const reading = drain(writer.stream);
  for (let index = 0; index < ENTRIES; index++) await writer.addBytes(name(index), Buffer.alloc(0));
  return { writer, reading };
}

describe("An archive's directory", () => {
  it('is written a little at a time, so that the event loop goes on', async () => {
    const { writer, reading } = await writtenArchive();
    let ended = false;
    void reading.then(() => (ended = true));
    let turns = 0;
    writer.finish();
    for (; !ended; turns++) await setImmediate();
    expect(turns).toBeGreaterThan(ENTRIES / 300);
    expect(await checkedEntries((await reading).output)).toHaveLength(ENTRIES);
  });

  it('waits for its reader, and is whole in the end', async () => {
    const { writer, reading } = await writtenArchive();
    writer.stream.pause();
    writer.finish();
    await sleep(200);
    expect(waiting(writer)).toBeLessThan(3_000_000);
    writer.stream.resume();
    expect(await checkedEntries((await reading).output)).toHaveLength(ENTRIES);
  });

  it('is not written any more when the reader has left', async () => {
    const { writer, reading } = await writtenArchive();
    writer.stream.pause();
    writer.finish();
    await sleep(50);
    writer.stream.destroy();
    expect((await reading).error?.code).toBe('ERR_STREAM_PREMATURE_CLOSE');
    await sleep(50);
    expect(waiting(writer)).toBeLessThan(3_000_000);
  });
});

/** Bytes that archiver and its engine hold; there is no public way to them. */
function waiting(writer: ArchiveWriter): number {
  type Transform = Readable & Writable;
  const { archive } = writer as unknown as { archive: Transform & { _module: { engine: Transform } } };
  return [archive, archive._module.engine].reduce((sum, one) => sum + one.readableLength + one.writableLength, 0);
}
