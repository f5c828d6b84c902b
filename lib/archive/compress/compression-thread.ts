import { Worker } from 'node:worker_threads';
import { archiveFailed } from '../../errors/archive-errors.js';
import { programOf } from '../../support/thread-program.js';
import type { Compression } from '../compression.js';
import {
  BLOCK_LAYOUT,
  compressBlocks,
  deflateBlocks,
  type Signals,
  type WorkerAnswer,
  type WorkerRequest,
  type WorkerSetup,
  zstdBlocks,
} from './block-worker.js';

/** The limits of its own heap, in MiB; its blocks lie outside it. */
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };
/** How long to wait, when the process exits, for the block in progress, in milliseconds; a block takes a few. */
const REST_MS = 2_000;

const PROGRAMS: Readonly<Record<Compression, string>> = {
  deflate: programOf(compressBlocks, deflateBlocks),
  zstd: programOf(compressBlocks, zstdBlocks),
};

/** The threads of all archives. */
const running = new Set<CompressionThread>();
const restAll = () => running.forEach((thread) => thread.rest());

interface Listener {
  readonly onAnswer: (answer: WorkerAnswer) => void;
  /** Called when it has ended, whether or not it was asked to. */
  readonly onEnd: (error: unknown) => void;
}

/**
 * A thread that compresses blocks. It is never terminated from outside: Node aborts the whole process when that happens
 * between the creation of a compressor and its initialisation (node_zlib.cc, "close before init"; seen on Node 20, about
 * once in 200 times). So the thread finishes the block in progress and ends by itself; and when the process exits,
 * which ends threads too, it waits for that.
 */
export class CompressionThread {
  /** Its exit code: 0 when it ended by itself. */
  readonly ended: Promise<number>;
  private readonly worker: Worker;
  private readonly signals: Signals = { busy: new SharedArrayBuffer(4), stopped: new SharedArrayBuffer(4) };

  constructor(
    compression: Compression,
    level: number,
    memory: readonly SharedArrayBuffer[],
    { onAnswer, onEnd }: Listener,
  ) {
    const workerData: WorkerSetup = { level, layout: BLOCK_LAYOUT, memory, signals: this.signals };
    const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(PROGRAMS[compression], options);
    this.worker.on('message', onAnswer);
    this.worker.on('error', onEnd);
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
    void this.ended.then(() => {
      running.delete(this);
      if (running.size === 0) process.off('exit', restAll);
      onEnd(archiveFailed('a compression thread ended unexpectedly'));
    });
    if (running.size === 0) process.on('exit', restAll);
    running.add(this);
  }

  ask(request: WorkerRequest): void {
    this.worker.postMessage(request);
  }

  /** Resolves when the thread has ended; of the pending requests, it finishes only the block in progress. */
  async end(): Promise<void> {
    this.stop();
    this.worker.postMessage(null);
    await this.ended;
  }

  /** Keeps it from starting anything more, and waits for the block in progress. */
  rest(): void {
    this.stop();
    Atomics.wait(new Int32Array(this.signals.busy), 0, 1, REST_MS);
  }

  private stop(): void {
    Atomics.store(new Int32Array(this.signals.stopped), 0, 1);
  }
}
