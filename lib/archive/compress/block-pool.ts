import { Worker } from 'node:worker_threads';
import { archiveFailed, threadsForbidden } from '../../errors/archive-errors.js';
import { aborted } from '../../errors/run-errors.js';
import { deflatingThreads } from '../../support/cores.js';
import { LendingPool } from '../../support/lent-bytes.js';
import { backgroundProgramOf } from '../../support/thread-program.js';
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

/** As many as a segment of an encrypted archive may consist of. */
const MOST_OUTPUTS = 16;
/** A thread has work while one block is being filled and another one waits to be read in its turn. */
const BLOCKS_PER_THREAD = 3;
/** Of zstd, which is several times as fast, one makes all of an entry. */
const THREADS: Readonly<Record<Compression, () => number>> = { deflate: deflatingThreads, zstd: () => 1 };

/** Memory shared with a thread. */
export class Block {
  /** What is to be compressed. */
  readonly input: Buffer;
  /** The bytes before the input, right-aligned. */
  readonly dictionary: Buffer;
  readonly output: Buffer;

  constructor(
    memory: SharedArrayBuffer,
    readonly thread: number,
    readonly index: number,
  ) {
    const { dictionary, output } = BLOCK_LAYOUT;
    this.dictionary = Buffer.from(memory, 0, dictionary);
    this.input = Buffer.from(memory, dictionary, output - dictionary);
    this.output = Buffer.from(memory, output);
  }
}

interface Job {
  resolve(length: number): void;
  reject(error: unknown): void;
}

/**
 * Threads that compress, each started when a block is asked for and none is free, and never after the pool is closed.
 * They belong to the archive alone: Node's pool, which the application's file and DNS calls need, is not used. Memory:
 * 1.5 MiB of blocks and a small heap per thread.
 */
export class BlockPool {
  /** For what has been compressed, on its way to being encrypted. */
  readonly outputs = new LendingPool(BLOCK_LAYOUT.outputBytes, MOST_OUTPUTS);
  private readonly threads: CompressionThread[] = [];
  private readonly free: Block[] = [];
  private readonly waiting: Array<{ resolve(block: Block): void; reject(error: unknown): void }> = [];
  private readonly jobs = new Map<string, Job>();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly level: number,
    private readonly compression: Compression = 'deflate',
    private readonly mostThreads = THREADS[compression](),
  ) {}

  /** A block to fill; waits until one is free. Returned with `release`. */
  take(): Promise<Block> {
    if (this.failure) return Promise.reject(this.failure.error as Error);
    if (this.free.length === 0 && this.threads.length < this.mostThreads) this.start(this.threads.length);
    const block = this.free.shift();
    if (block) return Promise.resolve(block);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  release(block: Block): void {
    const next = this.waiting.shift();
    if (next) next.resolve(block);
    else this.free.push(block);
  }

  /** @returns how many bytes of its output are used */
  compress({ thread, index }: Block, request: Omit<WorkerRequest, 'block'>): Promise<number> {
    if (this.failure) return Promise.reject(this.failure.error as Error);
    return new Promise((resolve, reject) => {
      this.jobs.set(`${thread}/${index}`, { resolve, reject });
      this.threads[thread]!.ask({ block: index, ...request });
    });
  }

  /** Ends the threads. Pending requests fail. */
  async close(): Promise<void> {
    this.fail(aborted());
    await Promise.all(this.threads.map((thread) => thread.end()));
  }

  private start(thread: number): void {
    const memory = Array.from({ length: BLOCKS_PER_THREAD }, () => new SharedArrayBuffer(BLOCK_LAYOUT.bytes));
    const onAnswer = ({ block, length }: WorkerAnswer) => {
      const key = `${thread}/${block}`;
      const job = this.jobs.get(key);
      this.jobs.delete(key);
      job?.resolve(length);
    };
    const listener = { onAnswer, onEnd: (error: unknown) => this.fail(error) };
    this.threads.push(new CompressionThread(this.compression, this.level, memory, listener));
    memory.forEach((bytes, index) => this.free.push(new Block(bytes, thread, index)));
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    for (const job of this.jobs.values()) job.reject(this.failure.error);
    for (const one of this.waiting.splice(0)) one.reject(this.failure.error);
    this.jobs.clear();
  }
}

/** The limits of its own heap, in MiB; its blocks lie outside it. */
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };
/** How long to wait, when the process exits, for the block in progress, in milliseconds; a block takes a few. */
const REST_MS = 2_000;

const PROGRAMS: Readonly<Record<Compression, string>> = {
  deflate: backgroundProgramOf(compressBlocks, deflateBlocks),
  zstd: backgroundProgramOf(compressBlocks, zstdBlocks),
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
    try {
      this.worker = new Worker(PROGRAMS[compression], options);
    } catch (cause) {
      throw threadsForbidden(cause);
    }
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
