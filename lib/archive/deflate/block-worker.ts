import type { WorkerAnswer, WorkerRequest, WorkerSetup } from './block-format.js';

/**
 * The program of a thread that deflates blocks. It is started from its source text and must not use anything of this
 * file, so it runs wherever the application was compiled or bundled to. Bundlers rewrite `require`, hence
 * `getBuiltinModule`.
 */
export function deflateBlocks(): void {
  const { constants, deflateRawSync } = process.getBuiltinModule('node:zlib');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { level, layout, memory, signals } = workerData as WorkerSetup;
  const [busy, stopped] = [new Int32Array(signals.busy), new Int32Array(signals.stopped)];
  const { setPriority } = process.getBuiltinModule('node:os');
  // On Linux this is the thread's own priority: the application's thread comes first whenever it has work.
  if (process.platform === 'linux') setPriority(10);
  const SAMPLES = 4;
  const SAMPLE_BYTES = 4 * 1024;
  const COLLECT_EVERY = 8;
  const filler = Array.from({ length: 8_000 }, (_, index) => index + 0.5);
  let answers = 0;
  const blocks = memory.map((bytes) => Buffer.from(bytes));

  /** Noise and compressed data are passed through: deflating them takes as long as anything else. */
  const isNoise = (input: Buffer): boolean => {
    let deflated = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((input.length / SAMPLES) * sample);
      deflated += deflateRawSync(input.subarray(start, start + SAMPLE_BYTES), { level }).length;
    }
    return deflated > SAMPLES * SAMPLE_BYTES * 0.98;
  };

  /**
   * Output lies outside the heap, where V8 lets 30 MB accumulate; some garbage in the heap triggers its collection
   * early.
   */
  const provokeCollection = () => {
    for (let count = 0; count < 16; count++) filler.slice();
  };

  const answer = ({ block, dictionary, length, last, doubtful }: WorkerRequest) => {
    const bytes = blocks[block]!;
    const input = bytes.subarray(layout.dictionary, layout.dictionary + length);
    const output = deflateRawSync(input, {
      level: doubtful && isNoise(input) ? 0 : level,
      chunkSize: layout.outputBytes,
      ...(dictionary > 0 ? { dictionary: bytes.subarray(layout.dictionary - dictionary, layout.dictionary) } : {}),
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
    output.copy(bytes, layout.output);
    parentPort!.postMessage({ block, length: output.length } satisfies WorkerAnswer);
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
