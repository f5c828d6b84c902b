import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { drain } from '../../fixtures/streams.js';
import { checkedEntries } from '../../fixtures/zip.js';

const KIB = 1024;
/** archiver buffers 1 MiB on either side; some more stands around it. */
const MOST_IN_MEMORY = 4 * KIB * KIB;

/** Adds until the writer waits; gives back how many bytes it took meanwhile. */
async function addWhileNobodyReads(add: () => Promise<number>) {
  let taken = 0;
  let last = performance.now();
  const adding = (async () => {
    for (;;) {
      taken += await add();
      last = performance.now();
      if (taken > 50 * MOST_IN_MEMORY) throw new Error('It does not wait at all.');
    }
  })();
  adding.catch(() => {});
  while (performance.now() - last < 200) await sleep(50);
  return { taken, adding };
}

describe('A writer whose archive nobody reads', () => {
  it.each([8 * KIB, 64 * KIB])('waits, though stored entries of %i bytes are at hand', async (size) => {
    const writer = new ArchiveWriter(3);
    const bytes = randomBytes(size);
    let count = 0;
    const { taken, adding } = await addWhileNobodyReads(async () => {
      await writer.addBytes(`uploads/${count++}.png`, bytes, { uncompressed: true });
      return size;
    });
    expect(taken).toBeLessThan(MOST_IN_MEMORY);
    expect(count).toBeLessThan(1 + MOST_IN_MEMORY / size);
    writer.stream.destroy();
    await expect(adding).rejects.toThrow();
  });

  it('waits within an entry that is a stream', async () => {
    const writer = new ArchiveWriter(3);
    let taken = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        taken += 64 * KIB;
        yield randomBytes(64 * KIB);
      }
    }
    const adding = writer.addStream('backup.jsonl', endless());
    adding.catch(() => {});
    await sleep(300);
    expect(taken).toBeLessThan(MOST_IN_MEMORY);
    writer.stream.destroy();
    await expect(adding).rejects.toThrow();
  });

  it('goes on when somebody reads, and the archive is whole', async () => {
    const writer = new ArchiveWriter(3);
    const bytes = randomBytes(32 * KIB);
    const writing = (async () => {
      for (let index = 0; index < 200; index++) await writer.addBytes(`${index}.png`, bytes, { uncompressed: true });
      writer.finish();
    })();
    await sleep(100);
    const { output } = await drain(writer.stream);
    await writing;
    expect(await checkedEntries(output)).toHaveLength(200);
  });
});
