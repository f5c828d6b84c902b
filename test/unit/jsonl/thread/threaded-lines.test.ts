import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32, deflateRawSync } from 'node:zlib';
import { DEFLATED, STORED } from '../../../../lib/archive/compression.js';
import type { PackedEntry } from '../../../../lib/archive/read/read-entry.js';
import { LINE_BLOCK_BYTES } from '../../../../lib/jsonl/format.js';
import { type LineSource, StreamedLines } from '../../../../lib/jsonl/line-source.js';
import { lineMemory } from '../../../../lib/jsonl/thread/protocol.js';
import { lineProgram, ThreadedLines } from '../../../../lib/jsonl/thread/threaded-lines.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';

const LIMIT = 3_000_000;

interface Content {
  readonly tables: readonly Buffer[];
  readonly rows: readonly number[];
}

/** Tables of lines, some of which are longer than a block, or than what a block has room for. */
function contentOf(chance: Chance): Content {
  const line = () => {
    const length = chance.of(
      [0, 3, 40, 900, 20_000, LINE_BLOCK_BYTES, 700_000, 1_400_000].slice(0, chance.between(2, 8)),
    );
    return `${chance.of(['x', 'ü', '€', '\u{1f642}']).repeat(Math.ceil(length / 2))}\n`;
  };
  const tables = Array.from({ length: chance.between(1, 6) }, () =>
    Array.from({ length: chance.of([0, 1, 7, 300]) }, line),
  );
  return {
    tables: tables.map((lines) => Buffer.from(lines.join(''))),
    rows: tables.map((lines) => lines.length),
  };
}

/** Bytes of an entry, in chunks of any size. */
async function* inChunks(bytes: Buffer, chance: Chance): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = chance.of([1, 1_000, 100_000, 262_144, 700_000]);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function entryOf(content: Buffer, chunks: AsyncIterable<Buffer>, changes: Partial<PackedEntry> = {}): PackedEntry {
  return {
    method: DEFLATED,
    size: content.length,
    chunks,
    check: ({ size, crc }) => expect({ size, crc }).toEqual({ size: content.length, crc: crc32(content) }),
    undecodable: ({ message }) => Object.assign(new Error(message), { code: 'ARCHIVE_INVALID' }) as never,
    ...changes,
  };
}

/** What a source gives of each table: its digest, and how many lines and bytes. */
async function readAll(source: LineSource, rows: readonly number[]): Promise<Array<{ digest: string; bytes: number }>> {
  const found: Array<{ digest: string; bytes: number }> = [];
  try {
    for (const count of rows) {
      const hash = createHash('sha256');
      let bytes = 0;
      for (let missing = count; missing > 0; ) {
        const block = await source.next(missing);
        hash.update(block!.bytes);
        bytes += block!.bytes.length;
        missing -= block!.count;
        expect(block!.bytes.at(-1)).toBe(0x0a);
      }
      const digest = source.digest();
      expect(digest).toBe(hash.digest('hex'));
      found.push({ digest, bytes });
    }
    expect(await source.next(1)).toBeUndefined();
    return found;
  } finally {
    await source.close();
  }
}

const threaded = (entry: PackedEntry, rows: readonly number[], limit = LIMIT) => new ThreadedLines(entry, rows, limit);
const one = (bytes: Buffer) => Readable.from([bytes]);

describe('Lines that a thread reads', () => {
  it('are those of the stream, divided by table, however long they are and in whichever chunks they come', () =>
    sampled(10, async (chance) => {
      const { tables, rows } = contentOf(chance);
      const content = Buffer.concat(tables);
      const expected = await readAll(new StreamedLines(one(content), LIMIT), rows);
      const isDeflated = chance.of([true, false]);
      const stored = isDeflated ? deflateRawSync(content, { level: 1 }) : content;
      const entry = entryOf(content, inChunks(stored, chance), { method: isDeflated ? DEFLATED : STORED });
      expect(await readAll(threaded(entry, rows), rows)).toEqual(expected);
    }));

  it('are copied to where eight of their bytes begin in memory as they began where they came from', async () => {
    const content = Buffer.from(Array.from({ length: 3_000 }, (_, index) => `${'x'.repeat(index % 1_000)}\n`).join(''));
    for (const stored of [content, deflateRawSync(content)]) {
      const source = threaded(
        entryOf(content, one(stored), { method: stored === content ? STORED : DEFLATED }),
        [3_000],
      );
      let before = 0;
      for (let block = await source.next(); block; block = await source.next()) {
        expect(block.bytes.byteOffset % 8).toBe(before % 8);
        before += block.bytes.length;
      }
      expect(before).toBe(content.length);
      await source.close();
    }
  });

  const good = Buffer.from(`${'a'.repeat(1_000)}\n`.repeat(2_000));
  const without = (at: number) => Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]);
  it.each<[string, Buffer, RegExp]>([
    ['that are not UTF-8', Buffer.concat([good, Buffer.from([0xff, 0x0a])]), /not UTF-8, at line \d+ or later/],
    ['of which the last is cut off', without(good.length - 1), /last row is cut off/],
    [
      'of which one is too long',
      Buffer.from(`${'a'.repeat(LIMIT + 2 * LINE_BLOCK_BYTES)}\n`),
      /is longer than 3000000/,
    ],
  ])('%s are refused as in a stream', async (_, content, problem) => {
    const rows = [2_001];
    const entry = () => entryOf(content, one(deflateRawSync(content)));
    for (const source of [new StreamedLines(one(content), LIMIT), threaded(entry(), rows)]) {
      await expect(readAll(source, rows)).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        message: expect.stringMatching(problem),
      });
    }
  });

  it('are no more than were declared', async () => {
    const sums: unknown[] = [];
    const check = (all: unknown) => void sums.push(all);
    const entry = entryOf(good, one(deflateRawSync(good)), { size: good.length - 1, check });
    const source = threaded(entry, [Number.POSITIVE_INFINITY]);
    while (await source.next());
    await source.close();
    expect(sums).toEqual([expect.objectContaining({ size: expect.any(Number) })]);
    expect((sums[0] as { size: number }).size).toBeGreaterThan(good.length - 1);
  });

  it('end with the error of what cannot be decompressed, or not be read', async () => {
    const stored = deflateRawSync(good);
    const damaged = Buffer.from(stored).fill(0xff, stored.length >> 1);
    await expect(readAll(threaded(entryOf(good, one(damaged)), [2_000]), [2_000])).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    async function* failing(): AsyncGenerator<Buffer> {
      yield stored.subarray(0, 10);
      throw new Error('The disk is gone.');
    }
    await expect(readAll(threaded(entryOf(good, failing()), [2_000]), [2_000])).rejects.toThrow('The disk is gone.');
  });

  it('are read no further when nobody wants them, and the thread ends', async () => {
    let chunks = 0;
    const stored = deflateRawSync(Buffer.alloc(100_000_000, `${'a'.repeat(99)}\n`), { level: 0 });
    async function* counted(): AsyncGenerator<Buffer> {
      for (let at = 0; at < stored.length; at += 262_144) {
        chunks++;
        yield stored.subarray(at, at + 262_144);
      }
    }
    const source = threaded(entryOf(good, counted(), { size: 100_000_000 }), [1_000_000]);
    expect(await source.next()).toMatchObject({ count: expect.any(Number) });
    await source.close();
    expect(chunks).toBeLessThan(40);
  });

  it('are given out no faster than they are taken, although each is longer than what goes round', async () => {
    const content = Buffer.from(`${'a'.repeat(700_000)}\n`.repeat(140));
    let read = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for (let at = 0; at < content.length; at += 262_144) {
        yield content.subarray(at, at + 262_144);
        read = at;
      }
    }
    const source = threaded(entryOf(content, counted(), { method: STORED }), [140]);
    for (let line = 1; line <= 5; line++) {
      expect(await source.next()).toMatchObject({ count: 1 });
      // Whatever could be read ahead is read.
      for (let before = -1; before !== read; await sleep(50)) before = read;
      expect(read).toBeLessThan((line + 4) * 700_000);
    }
    await source.close();
  });

  it('do not keep the process, which may end at any time', async () => {
    const setup = { method: DEFLATED, size: 1e9, maxLineBytes: 1e6, rows: [1e9] };
    const program = `
      const { Worker } = require('node:worker_threads');
      const slots = (count, bytes) => Array.from({ length: count }, () => new SharedArrayBuffer(bytes));
      const workerData = { ...${JSON.stringify(setup)}, blockBytes: ${LINE_BLOCK_BYTES}, busy: new SharedArrayBuffer(4),
        inputs: slots(${lineMemory().inputs.length}, 1000), outputs: slots(4, ${2 * LINE_BLOCK_BYTES}) };
      const worker = new Worker(${JSON.stringify(lineProgram())}, { eval: true, workerData });
      worker.once('online', () => setTimeout(() => process.exit(7), Number(process.argv[1])));`;
    for (const milliseconds of ['0', '1', '3', '10']) {
      const exited = promisify(execFile)(process.execPath, ['-e', program, milliseconds]);
      await expect(exited).rejects.toMatchObject({ code: 7, stderr: '' });
    }
  });
});
