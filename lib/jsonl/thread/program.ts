import type { FromThread, LineFault, LineThreadSetup, Piece, ToThread } from './protocol.js';

/**
 * The program of a thread that inflates rows and checks everything that does not need their values: size and checksum
 * of the entry, UTF-8, whole lines, the number of lines of each table, and their digest. It is started from its own
 * source text and therefore uses nothing else in this file, as `deflateBlocks` does.
 */
export function readLines(): void {
  const { isUtf8 } = process.getBuiltinModule('node:buffer');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { crc32, createInflateRaw } = process.getBuiltinModule('node:zlib');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const setup = workerData as LineThreadSetup;
  const LINE_FEED = 0x0a;
  const inputs = setup.inputs.map((memory) => Buffer.from(memory));
  const outputs = setup.outputs.map((memory) => Buffer.from(memory));
  const free = outputs.map((_, slot) => slot);
  let waiting: (() => void) | undefined;
  const say = (message: FromThread) => parentPort!.postMessage(message);

  let size = 0;
  let crc = 0;
  /** The buffer being filled: a slot, or memory of its own for a longer line. */
  let slot = free.shift()!;
  let memory: SharedArrayBuffer | undefined;
  let block = outputs[slot]!;
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

  class TooMuch extends Error {}
  class Fault extends Error {
    constructor(readonly fault: LineFault) {
      super('fault');
    }
  }

  const takeSlot = async () => {
    while (free.length === 0) await new Promise<void>((resolve) => (waiting = resolve));
    slot = free.shift()!;
    memory = undefined;
    block = outputs[slot]!;
  };

  /** Splits whole lines by table. */
  const split = (lines: Buffer): Piece[] => {
    const pieces: Piece[] = [];
    for (let start = 0; start < lines.length; ) {
      let end = start;
      let count = 0;
      while (end < lines.length && count < missing) {
        end = lines.indexOf(LINE_FEED, end) + 1;
        count++;
      }
      digest.update(lines.subarray(start, end));
      missing -= count;
      const piece = { table, length: end - start, count };
      pieces.push(missing === 0 ? { ...piece, digest: digest.digest('hex') } : piece);
      if (missing === 0) nextTable();
      start = end;
    }
    return pieces;
  };

  /** Sends the whole lines of the block, and continues with the rest. */
  const giveOut = async (end: number) => {
    const lines = block.subarray(0, end);
    if (!isUtf8(lines)) throw new Fault('utf8');
    const rest = Buffer.from(block.subarray(end, filled));
    const pieces = split(lines);
    say({ kind: 'block', slot: memory ? -1 : slot, ...(memory && { memory }), pieces });
    if (memory) {
      memory = undefined;
      block = outputs[slot]!;
    } else {
      await takeSlot();
    }
    filled = 0;
    make(rest.length);
    rest.copy(block);
    filled = rest.length;
  };

  /** Makes room for this many more bytes; a line longer than a slot grows in memory of its own. */
  const make = (room: number) => {
    if (filled + room <= block.length) return;
    const larger = new SharedArrayBuffer(Math.max(2 * block.length, filled + room));
    const grown = Buffer.from(larger);
    block.copy(grown, 0, 0, filled);
    memory = larger;
    block = grown;
  };

  const take = async (chunk: Buffer) => {
    size += chunk.length;
    if (size > setup.size) throw new TooMuch();
    crc = crc32(chunk, crc);
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    const ofLine = filled + (end === 0 ? chunk.length : chunk.indexOf(LINE_FEED));
    if (ofLine > setup.maxLineBytes + setup.blockBytes) throw new Fault('long');
    make(chunk.length);
    chunk.copy(block, filled);
    filled += chunk.length;
    if (end > 0 && filled >= setup.blockBytes) await giveOut(filled - chunk.length + end);
  };

  const received: ToThread[] = [];
  let arrived: (() => void) | undefined;
  async function* input(): AsyncGenerator<Buffer> {
    for (;;) {
      const message = received.shift();
      if (!message) {
        await new Promise<void>((resolve) => (arrived = resolve));
        continue;
      }
      if (message.kind !== 'input') return;
      yield inputs[message.slot]!.subarray(0, message.length);
      say({ kind: 'taken', slot: message.slot });
    }
  }

  const inflated = async () => {
    const busy = new Int32Array(setup.busy);
    Atomics.store(busy, 0, 1);
    const inflate = createInflateRaw({ chunkSize: 128 * 1024 });
    Atomics.store(busy, 0, 0);
    Atomics.notify(busy, 0);
    try {
      const writing = (async () => {
        for await (const bytes of input()) {
          await new Promise<void>((resolve, reject) =>
            inflate.write(bytes, (error) => (error ? reject(error) : resolve())),
          );
        }
        inflate.end();
      })();
      writing.catch((error: Error) => inflate.destroy(error));
      for await (const chunk of inflate as AsyncIterable<Buffer>) await take(chunk);
      return inflate.bytesWritten;
    } finally {
      inflate.destroy();
    }
  };

  const asTheyAre = async () => {
    for await (const bytes of input()) await take(bytes);
    return size;
  };

  const run = async () => {
    let consumed = 0;
    try {
      consumed = setup.deflated ? await inflated() : await asTheyAre();
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      return say({ kind: 'end', size, crc, consumed });
    }
    if (filled > 0) {
      if (block[filled - 1] !== LINE_FEED) throw new Fault('cut');
      await giveOut(filled);
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
  run().catch((error: Error & { readonly fault?: LineFault }) => {
    say({ kind: 'fault', fault: error.fault ?? { message: error.message } });
  });
}
