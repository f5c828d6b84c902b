import { availableParallelism } from 'node:os';
import { aborted } from '../../errors/run-errors.js';
import { LendingPool } from '../../support/lent-bytes.js';
import type { Compression } from '../compression.js';
import { BLOCK_LAYOUT, type WorkerAnswer, type WorkerRequest } from './block-worker.js';
import { CompressionThread } from './compression-thread.js';

/** As many as a segment of an encrypted archive may consist of. */
const MOST_OUTPUTS = 16;
/** A thread always has work while the other block is being filled or read. */
const BLOCKS_PER_THREAD = 2;
/**
 * Each uses about 17 MB of memory, and deflates half of what the application's thread can bring along; more of them
 * serve higher levels. Of zstd, which is several times as fast, one makes all of an entry.
 */
const MOST_THREADS: Readonly<Record<Compression, number>> = { deflate: 4, zstd: 1 };

/**
 * Where threads have their own priorities, the application keeps its share of every core; elsewhere one core is left to
 * it.
 */
function threadCount(compression: Compression): number {
  const cores = availableParallelism() - (process.platform === 'linux' ? 0 : 1);
  return Math.min(MOST_THREADS[compression], Math.max(1, cores));
}

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
 * They belong to the archive alone: Node's pool, which the application's file and DNS calls need, is not used. Memory: about 1 MiB of
 * blocks and a small heap per thread.
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
    private readonly mostThreads = threadCount(compression),
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
