import type { CompressBlock, WorkerAnswer, WorkerRequest, WorkerSetup } from './block-format.js';

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
  const { setPriority } = process.getBuiltinModule('node:os');
  // On Linux this is the thread's own priority: the application's thread comes first whenever it has work.
  if (process.platform === 'linux') setPriority(10);
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
