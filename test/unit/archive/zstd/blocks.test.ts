import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BlockPool, type CompressionThread } from '../../../../lib/archive/compress/block-pool.js';
import { BLOCK_BYTES, DICTIONARY_BYTES } from '../../../../lib/archive/compress/block-worker.js';
import { BlockCompressor } from '../../../../lib/archive/compress/entry-content.js';
import { zstd } from '../../../../lib/support/zstd.js';
import { zstdFrame } from '../../../../lib/support/zstd-frame.js';
import { temporaryDirectory } from '../../../fixtures/files.js';
import { type Chance, cut, sampled, through } from '../../../fixtures/streams.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd } from '../../../fixtures/zstd.js';

/** Threads of Node's pool. */
const POOL = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** Text, noise, or both by turns. */
function content(chance: Chance, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let length = 0; length < size; ) {
    const piece = chance.of([randomBytes(100_000), Buffer.alloc(150_000, `text ${chance.between(0, 1e9)} `)]);
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, size);
}

const threadsOf = (pool: BlockPool) => (pool as unknown as { threads: CompressionThread[] }).threads;

/** What comes of bytes is one frame that has them, and nothing else but what libarchive needs behind a large one. */
async function compressed(pool: BlockPool, bytes: Buffer, pieces: readonly Buffer[] = [bytes]): Promise<Buffer> {
  const compress = new BlockCompressor(pool);
  const { output, error } = await through(compress, ...pieces);
  expect(error).toBeUndefined();
  expect(compress).toMatchObject({ crc: crc32(bytes), size: bytes.length, compressedSize: output.length });
  const frame = zstdFrame();
  const own = frame.take(output);
  frame.end();
  expect(frame.length).toBe(output.length);
  expect(output.length - own).toBe(bytes.length < 128 * 1024 ? 0 : 8);
  expect(zstd!.zstdDecompressSync(output.subarray(0, own)).equals(bytes)).toBe(true);
  return output;
}

describeUnless(noZstd, 'Compressing blocks to one zstd frame', () => {
  let pool: BlockPool;
  beforeEach(() => {
    pool = new BlockPool(3, 'zstd');
  });
  afterEach(() => pool.close());

  it.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 5 * BLOCK_BYTES + 7])(
    'gives the same %i bytes back',
    (size) =>
      sampled(3, async (chance) => {
        const bytes = content(chance, size);
        await compressed(
          pool,
          bytes,
          cut(bytes, () => chance.between(1, 600_000)),
        );
      }),
  );

  it('takes one thread for all entries', async () => {
    for (const size of [3 * BLOCK_BYTES, 0, 10, 2 * BLOCK_BYTES + 1]) {
      await compressed(pool, Buffer.alloc(size, 'text '));
    }
    expect(threadsOf(pool)).toHaveLength(1);
  });

  it.each([1, 9, 19])('has level %i', async (level) => {
    const other = new BlockPool(level, 'zstd');
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `${(index * index) % 9973},`).join(''));
    try {
      const { length } = await compressed(other, bytes);
      const params = { [zstd!.constants.ZSTD_c_compressionLevel]: level };
      expect(Math.abs(length / zstd!.zstdCompressSync(bytes, { params }).length - 1)).toBeLessThan(0.05);
    } finally {
      await other.close();
    }
  });

  it('finds what repeats across the border of two blocks', async () => {
    const noise = randomBytes(200_000);
    const bytes = Buffer.concat([Buffer.alloc(BLOCK_BYTES - noise.length), noise, noise]);
    expect((await compressed(pool, bytes)).length).toBeLessThan(1.1 * noise.length);
  });

  it('makes nothing much larger of noise', async () => {
    const noise = randomBytes(5 * BLOCK_BYTES);
    expect((await compressed(pool, noise)).length).toBeLessThan(noise.length * 1.0002);
  });

  it('fails instead of mixing the blocks of two entries', async () => {
    const block = await pool.take();
    const request = { length: 10, last: true, doubtful: false };
    await expect(pool.compress(block, { ...request, dictionary: DICTIONARY_BYTES })).rejects.toThrow('mixed');
  });

  it('ends by itself when the archive is broken off', async () => {
    const block = await pool.take();
    const job = pool.compress(block, { dictionary: 0, length: BLOCK_BYTES, last: false, doubtful: false });
    await Promise.all([pool.close(), expect(job).rejects.toMatchObject({ code: 'ABORTED' })]);
    // One that is ended from outside has 1.
    expect(await threadsOf(pool)[0]!.ended).toBe(0);
  });
});

describeUnless(noZstd, "Node's thread pool, while every thread of it is taken", () => {
  const directory = temporaryDirectory();

  it('is not needed for compressing with zstd', async () => {
    const pipes = Array.from({ length: POOL }, (_, index) => directory.at(`pipe-${index}`));
    execFileSync('mkfifo', pipes);
    // Each waits in a thread until somebody writes to its pipe.
    const waiting = pipes.map((pipe) => open(pipe));
    const pool = new BlockPool(3, 'zstd');
    try {
      await compressed(pool, Buffer.alloc(5 * BLOCK_BYTES, 'text '));
    } finally {
      const writers = pipes.map((pipe) => openSync(pipe, 'r+'));
      for (const opened of waiting) await (await opened).close();
      writers.forEach((descriptor) => closeSync(descriptor));
      await pool.close();
    }
  });
});
