import type { Zstd } from '../../support/zstd.js';

/**
 * What a block knows of the previous one, in bytes. Deflate may refer to 32 KiB, but the second half of them takes longer
 * to enter than it saves. A zstd frame knows itself.
 */
export const DICTIONARY_BYTES = 16 * 1024;
/** Bytes compressed at a time: a few milliseconds' work. */
export const BLOCK_BYTES = 256 * 1024;
/** The most that comes of a block, with room for the bytes that end it. */
const OUTPUT_BYTES = BLOCK_BYTES + BLOCK_BYTES / 64;

/** The layout of a block's memory; the dictionary directly precedes the input. */
export const BLOCK_LAYOUT = {
  dictionary: DICTIONARY_BYTES,
  output: DICTIONARY_BYTES + BLOCK_BYTES,
  outputBytes: OUTPUT_BYTES,
  bytes: DICTIONARY_BYTES + BLOCK_BYTES + OUTPUT_BYTES,
} as const;

/** What a thread is started with. */
export interface WorkerSetup {
  readonly level: number;
  readonly layout: typeof BLOCK_LAYOUT;
  /** The blocks it works on. */
  readonly memory: readonly SharedArrayBuffer[];
  readonly signals: Signals;
}

/**
 * Signals that a thread and its owner see immediately, an Int32 each. The thread sets `busy` to 1 and then checks
 * `stopped`; the owner sets `stopped` to 1 and then checks `busy`: so at least one of them sees the other.
 */
export interface Signals {
  /** 1 while a block is being compressed; waiters are notified when it is done. */
  readonly busy: SharedArrayBuffer;
  /** 1 when requests that have not started must not be started any more. */
  readonly stopped: SharedArrayBuffer;
}

/** One block to compress. */
export interface WorkerRequest {
  readonly block: number;
  /** Number of dictionary bytes in use; none in the first block of an entry, and in no other. */
  readonly dictionary: number;
  readonly length: number;
  /** Whether the stream ends with this block. */
  readonly last: boolean;
  /** Whether the previous block did not shrink, so that this one may not either. */
  readonly doubtful: boolean;
}

/**
 * Compresses a block.
 * @param bytes its memory, of which `request` says how much is used
 * @returns the output, which is valid until the next call
 */
export type CompressBlock = (bytes: Buffer, request: WorkerRequest) => Buffer;

export interface WorkerAnswer {
  readonly block: number;
  /** Bytes of output. */
  readonly length: number;
}

/**
 * The program of a thread that compresses blocks. It is started from its source text and must not use anything of this
 * file, so it runs wherever the application was compiled or bundled to. Bundlers rewrite `require`, hence
 * `getBuiltinModule`.
 * @param compressor what it does with each block, as its source text too
 */
export function compressBlocks(compressor: (setup: WorkerSetup) => CompressBlock): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const setup = workerData as WorkerSetup;
  const { layout, memory, signals } = setup;
  const [busy, stopped] = [new Int32Array(signals.busy), new Int32Array(signals.stopped)];
  const COLLECT_EVERY = 8;
  const filler = Array.from({ length: 8_000 }, (_, index) => index + 0.5);
  let answers = 0;
  let compress: CompressBlock | undefined;
  const blocks = memory.map((bytes) => Buffer.from(bytes));

  /**
   * Output lies outside the heap, where V8 lets 30 MB accumulate; some garbage in the heap triggers its collection
   * early.
   */
  const provokeCollection = () => {
    for (let count = 0; count < 16; count++) filler.slice();
  };

  const answer = (request: WorkerRequest) => {
    const bytes = blocks[request.block]!;
    compress ??= compressor(setup);
    const output = compress(bytes, request);
    if (output.length > layout.outputBytes) throw new Error('a block has become larger than can be');
    output.copy(bytes, layout.output);
    parentPort!.postMessage({ block: request.block, length: output.length } satisfies WorkerAnswer);
    if (++answers % COLLECT_EVERY === 0) provokeCollection();
  };

  parentPort!.on('message', (request: WorkerRequest | null) => {
    if (!request) return parentPort!.close();
    Atomics.store(busy, 0, 1);
    try {
      if (Atomics.load(stopped, 0) === 0) answer(request);
    } finally {
      Atomics.store(busy, 0, 0);
      Atomics.notify(busy, 0);
    }
  });
}

/** The part of a compressing thread's program that deflates. It is started from its source text as well. */
export function deflateBlocks({ level, layout }: Pick<WorkerSetup, 'level' | 'layout'>): CompressBlock {
  const { constants, deflateRawSync } = process.getBuiltinModule('node:zlib');
  // Fewer and better tables than with the usual 8: a few percent faster and smaller, for 128 KiB a thread.
  const MEM_LEVEL = 9;
  const SAMPLES = 16;
  const SAMPLE_BYTES = 1024;

  /**
   * Noise and compressed data are passed through: deflating them takes as long as anything else. So many small samples
   * find any text of a sixteenth of the block between them.
   */
  const isNoise = (input: Buffer): boolean => {
    const samples = Array.from({ length: SAMPLES }, (_, sample) => {
      const start = Math.floor((input.length / SAMPLES) * sample);
      return input.subarray(start, start + SAMPLE_BYTES);
    });
    const sampled = Buffer.concat(samples);
    return deflateRawSync(sampled, { level }).length > sampled.length * 0.98;
  };

  return (bytes, { dictionary, length, last, doubtful }) => {
    const input = bytes.subarray(layout.dictionary, layout.dictionary + length);
    return deflateRawSync(input, {
      level: doubtful && isNoise(input) ? 0 : level,
      memLevel: MEM_LEVEL,
      chunkSize: layout.outputBytes,
      ...(dictionary > 0 ? { dictionary: bytes.subarray(layout.dictionary - dictionary, layout.dictionary) } : {}),
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
  };
}

/** What is used of a stream of `node:zlib` besides its public methods. */
interface SynchronousStream {
  _handle: { close(): void };
  _processChunk(bytes: Uint8Array, flush: number): Buffer;
  removeAllListeners(event: 'error'): void;
}

/**
 * The part of a compressing thread's program that makes one zstd frame of the blocks of an entry. One for all of them,
 * because Python's zipfile reads only the first frame of an entry. So the blocks must come to one thread in their order.
 *
 * In public, Node continues a frame only in its pool, which the application's file and DNS calls need. `_processChunk`
 * does so in this thread, without garbage; npm's own tar relies on it, too. `zstdWorks` tries it before it is used.
 *
 * An empty frame to be skipped follows one with more content than libarchive decompresses at a time: where the frame
 * ends together with its buffer, libarchive goes on, and would find the entry truncated.
 */
export function zstdBlocks({ level, layout }: Pick<WorkerSetup, 'level' | 'layout'>): CompressBlock {
  const LIBARCHIVE_BUFFER_BYTES = 128 * 1024;
  const SKIPPED = Buffer.from('502a4d1800000000', 'hex');
  const { constants, createZstdCompress } = process.getBuiltinModule('node:zlib') as unknown as Zstd;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const stream = createZstdCompress({ chunkSize: layout.outputBytes, params }) as unknown as SynchronousStream;
  const { _handle: handle } = stream;
  // It would close it after each call.
  handle.close = () => {};
  let isOpen = false;
  let size = 0;

  return (bytes, { dictionary, length, last }) => {
    if (isOpen !== dictionary > 0) throw new Error('the blocks of two entries are mixed');
    isOpen = !last;
    size = length + (dictionary > 0 ? size : 0);
    const input = bytes.subarray(layout.dictionary, layout.dictionary + length);
    try {
      const output = stream._processChunk(input, last ? constants.ZSTD_e_end : constants.ZSTD_e_flush);
      return last && size >= LIBARCHIVE_BUFFER_BYTES ? Buffer.concat([output, SKIPPED]) : output;
    } finally {
      stream._handle = handle;
      // It adds one each time.
      stream.removeAllListeners('error');
    }
  };
}
