import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateRawSync, gzipSync, inflateRawSync } from 'node:zlib';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { BlockPool, type CompressionThread } from '../../../lib/archive/compress/block-pool.js';
import { BLOCK_BYTES } from '../../../lib/archive/compress/block-worker.js';
import { BlockCompressor } from '../../../lib/archive/compress/entry-content.js';
import { type Chance, cut, drain, sampled, through } from '../../fixtures/streams.js';
import { checkedEntries } from '../../fixtures/zip.js';

const LEVEL = 3;
const WORDS = 'Alle Wörter, die jemand schreibt, kommen wieder, und manche öfter als andere.\n'.split(' ');

/** Text, noise, or both by turns. */
function content(chance: Chance, size: number): Buffer {
  const kind = chance.between(0, 2);
  const pieces: Buffer[] = [];
  for (let length = 0; length < size; ) {
    const isNoise = kind === 1 || (kind === 2 && chance.between(0, 1) === 1);
    const words = Array.from({ length: 4_000 }, () => WORDS[chance.between(0, WORDS.length - 1)]).join(' ');
    const piece = isNoise ? randomBytes(chance.between(1, 400_000)) : Buffer.from(words);
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, size);
}

// Eight are more than it would start by itself, and than most machines have cores.
describe.each([1, 2, 8])('Deflating on up to %i threads', (threads) => {
  let pool: BlockPool;

  beforeAll(() => {
    pool = new BlockPool(LEVEL, 'deflate', threads);
  });
  afterAll(() => pool.close());

  const deflated = async (bytes: Buffer, chance: Chance) => {
    const deflate = new BlockCompressor(pool);
    const { output, error } = await through(deflate, ...cut(bytes, () => chance.between(1, 600_000)));
    expect(error).toBeUndefined();
    expect(deflate).toMatchObject({ crc: crc32(bytes), size: bytes.length, compressedSize: output.length });
    return output;
  };

  it.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 5 * BLOCK_BYTES + 7])(
    'gives one valid stream of %i bytes',
    (size) =>
      sampled(3, async (chance) => {
        const bytes = content(chance, size);
        expect(inflateRawSync(await deflated(bytes, chance)).equals(bytes)).toBe(true);
      }),
  );

  it('starts no more threads than have work', () =>
    sampled(1, async (chance) => {
      const fresh = new BlockPool(LEVEL, 'deflate', threads);
      const started = () => (fresh as unknown as { threads: unknown[] }).threads.length;
      await through(new BlockCompressor(fresh), content(chance, BLOCK_BYTES));
      expect(started()).toBe(1);
      await through(new BlockCompressor(fresh), ...cut(content(chance, 40 * BLOCK_BYTES), 2 * BLOCK_BYTES));
      expect(started()).toBe(threads);
      await fresh.close();
    }));

  it('starts no thread once it is closed', async () => {
    const closed = new BlockPool(LEVEL);
    await closed.close();
    const { error } = await through(new BlockCompressor(closed), Buffer.alloc(10));
    expect(error).toMatchObject({ code: 'ABORTED' });
  });

  it('makes nothing larger than gzip of the same level makes it, by more than 5 %', () =>
    sampled(process.env.TEST_LONG ? 100 : 8, async (chance) => {
      const bytes = content(chance, chance.between(100_000, 3_000_000));
      const most = gzipSync(bytes, { level: LEVEL }).length * 1.05;
      expect((await deflated(bytes, chance)).length).toBeLessThanOrEqual(most);
    }));

  it('finds what repeats across the border of two blocks', () =>
    sampled(1, async (chance) => {
      // Noise that comes again in the next block can only be made smaller by knowing the one before.
      const noise = randomBytes(12_000);
      const bytes = Buffer.concat([Buffer.alloc(BLOCK_BYTES - noise.length), noise, noise]);
      expect((await deflated(bytes, chance)).length).toBeLessThan(1.2 * noise.length);
    }));

  it('passes noise through', () =>
    sampled(1, async (chance) => {
      // The first blocks are deflated before anybody knows: three of each thread.
      const bytes = randomBytes(32 * threads * BLOCK_BYTES);
      // Stored blocks hold up to 64 KiB; what deflate finds to be noise comes in blocks of 16, each with its head.
      expect((await deflated(bytes, chance)).length).toBeLessThan(bytes.length * 1.0002);
    }));
});

describe('A thread that has a block in hand', () => {
  const LIBRARY = join(import.meta.dirname, '../../../dist/archive/compress/block-pool.js');
  /** Exits while a block is being deflated, and says whether it still is when nothing is left to do but to end. */
  const EXITS = `
    const { BlockPool } = require(${JSON.stringify(LIBRARY)});
    const pool = new BlockPool(9);
    pool.take().then((block) => {
      for (let at = 0; at < block.input.length; at++) block.input[at] = (at * at) % 251;
      const busy = new Int32Array(pool.threads[0].signals.busy);
      const isBusy = () => Atomics.load(busy, 0) === 1;
      process.on('exit', () => console.log(isBusy()));
      // It may be done before anybody looks; then once more.
      (async function tryToExit() {
        const job = pool.compress(block, { dictionary: 0, length: block.input.length, last: true, doubtful: false });
        for (const end = Date.now() + 1_000; Date.now() < end; ) if (isBusy()) process.exit(7);
        await job;
        await tryToExit();
      })();
    });
  `;

  it('finishes it when the archive is broken off, and ends by itself', async () => {
    const pool = new BlockPool(9);
    const block = await pool.take();
    randomBytes(block.input.length).copy(block.input);
    const job = pool.compress(block, { dictionary: 0, length: block.input.length, last: true, doubtful: false });
    const [thread] = (pool as unknown as { threads: CompressionThread[] }).threads;
    await Promise.all([pool.close(), expect(job).rejects.toMatchObject({ code: 'ABORTED' })]);
    // One that is ended from outside has 1.
    expect(await thread!.ended).toBe(0);
  });

  it('is waited for when the process exits', async () => {
    const exited = promisify(execFile)(process.execPath, ['-e', EXITS]);
    await expect(exited).rejects.toMatchObject({ code: 7, stdout: 'false\n', stderr: '' });
  });
});

describe('An archive whose deflating thread ends', () => {
  it('breaks, and says so', async () => {
    const writer = new ArchiveWriter(LEVEL);
    const reading = drain(writer.stream);
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        yield randomBytes(100_000);
        const { pool } = writer as unknown as { pool: { threads: CompressionThread[] } };
        await pool.threads[0]?.end();
      }
    }
    await expect(writer.addStream('backup.jsonl', endless())).rejects.toThrow(
      'a compression thread ended unexpectedly',
    );
    expect((await reading).error).toMatchObject({ code: 'ARCHIVE_FAILED' });
  });
});

describe('What takes over the cost of an archive', () => {
  it('finds in archiver what it needs', async () => {
    const writer = new ArchiveWriter(LEVEL);
    const reading = drain(writer.stream);
    expect(writer.faster).toBe(true);
    for (let index = 0; index < 3; index++) await writer.addBytes(`${index}.txt`, Buffer.alloc(100_000, 'text'));
    writer.finish();
    expect(await checkedEntries((await reading).output)).toHaveLength(3);
  });

  it.each([1, 250, 251, 4_096, 8_192, 16_384])(
    'makes a file of %i bytes no larger than zlib does with its largest window',
    (size) =>
      sampled(1, async (chance) => {
        const file = Buffer.alloc(size);
        content(chance, 100_000).copy(file, 0, 0, Math.floor(size / 2));
        // Its end repeats its beginning, so that the window has to reach over all of it.
        const ends = randomBytes(Math.min(40, Math.floor(size / 2)));
        ends.copy(file, 0);
        ends.copy(file, size - ends.length);
        const writer = new ArchiveWriter(LEVEL);
        const reading = drain(writer.stream);
        await writer.addBytes('file', file);
        writer.finish();
        const { output } = await reading;
        // Of the only entry, its local header says how long it is, and how long it has become.
        expect(output.readUInt32LE(22)).toBe(size);
        expect(output.readUInt32LE(18)).toBeLessThanOrEqual(deflateRawSync(file, { level: LEVEL }).length);
        expect((await checkedEntries(output))[0]!.content.equals(file)).toBe(true);
      }),
  );
});
