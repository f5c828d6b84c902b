import type { EventEmitter } from 'node:events';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { drain } from '../../fixtures/streams.js';

const ENTRIES = process.env.TEST_LONG ? 100_000 : 3_000;

/** Listeners of the archive's stream and of what is behind it. */
function listeners(writer: ArchiveWriter): number {
  const { archive } = writer as unknown as { archive: EventEmitter & { _module: { engine: EventEmitter } } };
  return [writer.stream, archive, archive._module.engine]
    .flatMap((one) => one.eventNames().map((event) => one.listenerCount(event)))
    .reduce((sum, count) => sum + count, 0);
}

describe('A writer', () => {
  it(`leaves no listener behind in ${ENTRIES} entries from bytes and streams`, async () => {
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    const add = async (index: number) => {
      await writer.addBytes(`${index}.png`, Buffer.from('x'), { uncompressed: true });
      await writer.addBytes(`${index}.txt`, Buffer.from('x'));
      await writer.addStream(`${index}.csv`, [Buffer.from('x')] as unknown as AsyncIterable<Buffer>);
    };
    await add(0);
    const before = listeners(writer);
    for (let index = 1; index < ENTRIES / 3; index++) await add(index);
    expect(listeners(writer)).toBe(before);
    writer.finish();
    expect((await reading).error).toBeUndefined();
  }, 120_000);
});
