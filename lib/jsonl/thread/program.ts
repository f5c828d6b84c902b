import type { InflateRaw } from 'node:zlib';
import type { freeFilled } from '../../support/free-bytes.js';
import type { Zstd } from '../../support/zstd.js';
import type { zstdFrame } from '../../support/zstd-frame.js';
import type { skipPlain } from '../format.js';
import type { makeScanner } from '../scanner.js';
import type { unescapeInto } from '../unescape.js';
import type { Located, makeLocator } from './locate.js';
import type { FromThread, LineFault, LineThreadSetup, Piece, ToThread } from './protocol.js';

/**
 * The program of a thread that decompresses rows and checks everything that does not need their values: size and checksum
 * of the entry, UTF-8, whole lines, the number of lines of each table, and their digest. It is started from its own
 * source text and therefore uses nothing else in this file, as `deflateBlocks` does; nor any syntax for which a
 * compiler to an older target adds helpers beside it (classes with fields, generators, `for await`).
 * @param startFrame follows a zstd frame
 * @param freeChunk frees a chunk of what was decompressed
 * @param locatorOf finds values, with the three that follow
 */
export function readLines(
  startFrame: typeof zstdFrame,
  freeChunk: typeof freeFilled,
  locatorOf: typeof makeLocator,
  scannerOf: typeof makeScanner,
  unescape: typeof unescapeInto,
  skip: typeof skipPlain,
): void {
  const { isUtf8 } = process.getBuiltinModule('node:buffer');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const zlib = process.getBuiltinModule('node:zlib');
  const { crc32 } = zlib;
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const setup = workerData as LineThreadSetup;
  const LINE_FEED = 0x0a;
  const DEFLATED = 8;
  const ZSTANDARD = 93;
  const inputs = setup.inputs.map((memory) => Buffer.from(memory));
  const outputs = setup.outputs.map((memory) => Buffer.from(memory));
  const free = outputs.map((_, slot) => slot);
  let waiting: (() => void) | undefined;
  const { find } = setup;
  const locator = find && locatorOf(find.tables, find.memory, scannerOf, unescape, skip);
  const say = (message: FromThread) => parentPort!.postMessage(message);

  let size = 0;
  let crc = 0;
  /** The buffer being filled: a slot, or memory of its own for a longer line. */
  let slot = free.shift()!;
  let memory: SharedArrayBuffer | undefined;
  let block = outputs[slot]!;
  /** Where its lines begin, see `alignedTo`. */
  let begun = 0;
  let filled = 0;
  let table = -1;
  let missing = 0;
  let digest = createHash('sha256');
  const nextTable = () => {
    do table++;
    while (table < setup.rows.length && setup.rows[table] === 0);
    missing = setup.rows[table] ?? Number.POSITIVE_INFINITY;
    digest = createHash('sha256');
  };
  nextTable();

  const faulty = (fault: LineFault | 'much') => Object.assign(new Error('fault'), { fault });

  const freed = () => new Promise<void>((resolve) => (waiting = resolve));
  const takeSlot = async () => {
    while (free.length === 0) await freed();
    slot = free.shift()!;
    memory = undefined;
    block = outputs[slot]!;
  };

  /** Of the current table. */
  const counted = (lines: Buffer, start: number): Pick<Located, 'end' | 'count'> & Partial<Located> => {
    let end = start;
    let count = 0;
    for (; end < lines.length && count < missing; count++) end = lines.indexOf(LINE_FEED, end) + 1;
    return { end, count };
  };

  /** Splits whole lines by table. */
  const split = (lines: Buffer): Piece[] => {
    const pieces: Piece[] = [];
    locator?.begin(slot);
    for (let start = 0; start < lines.length; ) {
      const isFindable = !memory && table < setup.rows.length;
      const located = isFindable ? locator?.locate(table, lines, start, missing) : undefined;
      const { end, count, places } = located ?? counted(lines, start);
      digest.update(lines.subarray(start, end));
      missing -= count;
      const piece = { table, length: end - start, count, ...(places && { places }) };
      pieces.push(missing === 0 ? { ...piece, digest: digest.digest('hex') } : piece);
      if (missing === 0) nextTable();
      start = end;
    }
    return pieces;
  };

  /**
   * Where bytes are to begin so that those behind them can be copied eight at a time, from memory that goes on at `next`:
   * Node 20 fills shared memory byte by byte otherwise.
   */
  const alignedTo = (next: number, length: number) => (next + 8 - (length % 8)) % 8;

  /** Sends the whole lines of the block, and continues with the rest. @param next the place in memory of what follows */
  const giveOut = async (end: number, next: number) => {
    const lines = block.subarray(begun, end);
    if (!isUtf8(lines)) throw faulty('utf8');
    const rest = Buffer.from(block.subarray(end, filled));
    say({ kind: 'block', slot, start: begun, ...(memory && { memory }), pieces: split(lines) });
    // Memory for a long line is not reused, so the next line must not be read before it is given up.
    while (memory && free.length < outputs.length) await freed();
    await takeSlot();
    begun = alignedTo(next, rest.length);
    filled = begun;
    make(rest.length);
    rest.copy(block, begun);
    filled += rest.length;
  };

  /** Makes room for this many more bytes; a line longer than a slot grows in memory of its own. */
  const make = (room: number) => {
    if (filled + room <= block.length) return;
    const longest = setup.maxLineBytes + 2 * setup.blockBytes;
    const larger = new SharedArrayBuffer(Math.max(Math.min(2 * block.length, longest), filled + room));
    const grown = Buffer.from(larger);
    block.copy(grown, 0, 0, filled);
    memory = larger;
    block = grown;
  };

  const take = async (chunk: Buffer) => {
    size += chunk.length;
    if (size > setup.size) throw faulty('much');
    crc = crc32(chunk, crc);
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    const ofLine = filled - begun + (end === 0 ? chunk.length : chunk.indexOf(LINE_FEED));
    if (ofLine > setup.maxLineBytes + setup.blockBytes) throw faulty('long');
    make(chunk.length);
    chunk.copy(block, filled);
    filled += chunk.length;
    if (end > 0 && filled >= setup.blockBytes) {
      await giveOut(filled - chunk.length + end, chunk.byteOffset + chunk.length);
    }
  };

  const received: ToThread[] = [];
  let arrived: (() => void) | undefined;
  /** Passes the input on, one slot after the other, until it ends. */
  const eachInput = async (pass: (bytes: Buffer) => Promise<void>) => {
    for (;;) {
      const message = received.shift();
      if (!message) {
        await new Promise<void>((resolve) => (arrived = resolve));
        continue;
      }
      if (message.kind !== 'input') return;
      await pass(inputs[message.slot]!.subarray(0, message.length));
      say({ kind: 'taken', slot: message.slot });
    }
  };

  /** @returns how many bytes of the input made up the content */
  const decompressed = async () => {
    const frame = setup.method === ZSTANDARD ? startFrame() : undefined;
    const busy = new Int32Array(setup.busy);
    const chunkSize = 128 * 1024;
    Atomics.store(busy, 0, 1);
    const stream = frame
      ? (zlib as unknown as Zstd).createZstdDecompress({ chunkSize })
      : zlib.createInflateRaw({ chunkSize });
    Atomics.store(busy, 0, 0);
    Atomics.notify(busy, 0);
    const write = (bytes: Buffer) =>
      new Promise<void>((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())));
    const pass = async (bytes: Buffer) => {
      const taken = frame ? frame.take(bytes) : bytes.length;
      if (taken > 0) await write(bytes.subarray(0, taken));
    };
    eachInput(pass)
      .then(() => frame?.end())
      .then(
        () => stream.end(),
        (error: Error) => stream.destroy(error),
      );
    try {
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      for (;;) {
        const next = await chunks.next().catch(({ message }: Error) => {
          throw faulty({ undecodable: message });
        });
        if (next.done) return frame ? frame.length : (stream as InflateRaw).bytesWritten;
        await take(next.value);
        freeChunk(next.value, chunkSize);
      }
    } finally {
      stream.destroy();
    }
  };

  const run = async () => {
    let consumed = 0;
    if (setup.method === DEFLATED || setup.method === ZSTANDARD) {
      consumed = await decompressed();
    } else {
      await eachInput(take);
      consumed = size;
    }
    if (filled > begun) {
      if (block[filled - 1] !== LINE_FEED) throw faulty('cut');
      await giveOut(filled, 0);
    }
    say({ kind: 'end', size, crc, consumed });
  };

  parentPort!.on('message', (message: ToThread | null) => {
    if (!message) return parentPort!.close();
    if (message.kind === 'free') {
      free.push(message.slot);
      waiting?.();
      return;
    }
    received.push(message);
    arrived?.();
  });
  run().catch(({ fault, message }: Error & { readonly fault?: LineFault | 'much' }) => {
    if (fault === 'much') say({ kind: 'end', size, crc, consumed: 0 });
    else say({ kind: 'fault', fault: fault ?? { broken: message } });
  });
}
