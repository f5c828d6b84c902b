import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { distribute } from '../../lib/destinations/distribute.js';
import { until } from '../fixtures/wait.js';

const CHUNK = 100_000;
const PATIENCE = 180_000;

/** A source of numbered chunks that counts how many were asked for. */
function counted(chunks: number, ending?: Error): Readable & { given: number } {
  async function* give() {
    for (; source.given < chunks; source.given++) yield Buffer.alloc(CHUNK, source.given);
    if (ending) throw ending;
  }
  const source: Readable & { given: number } = Object.assign(Readable.from(give(), { highWaterMark: 1 }), { given: 0 });
  return source;
}

describe('One stream for several readers', () => {
  it('gives each of them everything', async () => {
    const readers = [new PassThrough(), new PassThrough(), new PassThrough()];
    const read = Promise.all(readers.map((reader) => buffer(reader)));
    expect(await distribute(counted(20), readers, PATIENCE)).toBe(20 * CHUNK);
    for (const bytes of await read) {
      expect(bytes).toHaveLength(20 * CHUNK);
      expect([...Array(20).keys()].every((index) => bytes[index * CHUNK] === index)).toBe(true);
    }
  });

  it('reads no further than the slowest of them', async () => {
    const [fast, slow] = [new PassThrough(), new PassThrough()];
    const source = counted(1_000);
    const done = distribute(source, [fast, slow], PATIENCE);
    fast.resume();
    await until('it waits', () => slow.writableNeedDrain);
    const given = source.given;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.given).toBe(given);
    expect(given).toBeLessThan(10);
    slow.resume();
    expect(await done).toBe(1_000 * CHUNK);
  });

  it('goes on without those that are gone', async () => {
    const [good, bad] = [new PassThrough(), new PassThrough()];
    const read = buffer(good);
    bad.once('data', () => bad.destroy(new Error('full')));
    expect(await distribute(counted(50), [bad, good], PATIENCE)).toBe(50 * CHUNK);
    expect(await read).toHaveLength(50 * CHUNK);
  });

  it('ends the source when nobody is left', async () => {
    const [one, other] = [new PassThrough(), new PassThrough()];
    const source = counted(1_000_000);
    one.once('data', () => one.destroy());
    other.on('data', () => source.given > 5 && other.destroy());
    await distribute(source, [one, other], PATIENCE);
    expect(source.destroyed).toBe(true);
    expect(source.given).toBeLessThan(20);
  });

  it('breaks all of them when the source breaks', async () => {
    const readers = [new PassThrough(), new PassThrough()];
    const read = Promise.allSettled(readers.map((reader) => buffer(reader)));
    await expect(distribute(counted(3, new Error('broken')), readers, PATIENCE)).rejects.toThrow('broken');
    for (const outcome of await read) expect(outcome).toMatchObject({ reason: { message: 'broken' } });
  });

  it('leaves one behind that takes nothing', async () => {
    const [good, stalled] = [new PassThrough(), new PassThrough()];
    const read = buffer(good);
    expect(await distribute(counted(20), [good, stalled], 100)).toBe(20 * CHUNK);
    expect(await read).toHaveLength(20 * CHUNK);
    expect(stalled.errored).toMatchObject({ code: 'DESTINATION_FAILED', message: expect.stringContaining('0.1 s') });
  });
});
