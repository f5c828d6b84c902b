import { Worker } from 'node:worker_threads';
import { archiveFailed } from '../../errors/archive-errors.js';
import { BLOCK_LAYOUT, type Signals, type WorkerAnswer, type WorkerRequest, type WorkerSetup } from './block-format.js';
import { deflateBlocks } from './block-worker.js';

/** Of its own heap, in MiB; its blocks lie outside of it. */
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };
/** For the block that it has in hand when the process exits, in milliseconds; it takes a few. */
const REST_MS = 2_000;

/** Of all archives. */
const running = new Set<DeflateThread>();
const restAll = () => running.forEach((thread) => thread.rest());

interface Listener {
  readonly onAnswer: (answer: WorkerAnswer) => void;
  /** It has ended, whether it was told to or not. */
  readonly onEnd: (error: unknown) => void;
}

/**
 * A thread that deflates blocks. It is never ended from outside: Node aborts the whole process when that happens between
 * the making of a deflater and its beginning (node_zlib.cc, "close before init"; seen on 20, some once in 200 times). So it
 * finishes the block in hand and ends by itself; and when the process exits, which ends threads too, that is waited for.
 */
export class DeflateThread {
  /** Its exit code: 0 when it has ended by itself. */
  readonly ended: Promise<number>;
  private readonly worker: Worker;
  private readonly signals: Signals = { busy: new SharedArrayBuffer(4), stopped: new SharedArrayBuffer(4) };

  constructor(level: number, memory: readonly SharedArrayBuffer[], { onAnswer, onEnd }: Listener) {
    const workerData: WorkerSetup = { level, layout: BLOCK_LAYOUT, memory, signals: this.signals };
    const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(`(${deflateBlocks.toString()})()`, options);
    this.worker.on('message', onAnswer);
    this.worker.on('error', onEnd);
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
    void this.ended.then(() => {
      running.delete(this);
      if (running.size === 0) process.off('exit', restAll);
      onEnd(archiveFailed('a thread that compresses it ended'));
    });
    if (running.size === 0) process.on('exit', restAll);
    running.add(this);
  }

  ask(request: WorkerRequest): void {
    this.worker.postMessage(request);
  }

  /** Resolves when it has ended; of what was asked for it finishes the block in hand alone. */
  async end(): Promise<void> {
    this.stop();
    this.worker.postMessage(null);
    await this.ended;
  }

  /** Has it begin nothing more, and waits for the block in hand. */
  rest(): void {
    this.stop();
    Atomics.wait(new Int32Array(this.signals.busy), 0, 1, REST_MS);
  }

  private stop(): void {
    Atomics.store(new Int32Array(this.signals.stopped), 0, 1);
  }
}
