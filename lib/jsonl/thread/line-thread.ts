import { Worker } from 'node:worker_threads';
import { archiveUnread } from '../../errors/archive-errors.js';
import { programOf } from '../../support/thread-program.js';
import { zstdFrame } from '../../support/zstd-frame.js';
import type { LineBlock } from '../format.js';
import { readLines } from './program.js';
import {
  type FromThread,
  INPUT_BYTES,
  type LineFault,
  type LineThreadSetup,
  lineMemory,
  type Piece,
  type ToThread,
} from './protocol.js';

/** Limits of its own heap, in MiB; the shared buffers are not part of it. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };
/** How long the exit of the process waits for a thread that must not be terminated, in milliseconds. */
const REST_MS = 2_000;

/** The threads of all restores. */
const running = new Set<LineThread>();
const restAll = () => running.forEach((thread) => thread.rest());

/** Totals of what was read. */
export interface ReadSums {
  readonly size: number;
  readonly crc: number;
  /** Number of input bytes that were used. */
  readonly consumed: number;
}

/** Why a thread stopped reading. */
export class LineFaultError extends Error {
  constructor(readonly fault: LineFault) {
    super('The lines cannot be read.');
  }
}

/** Whole lines of one table. */
export type TableLines = Piece & LineBlock;

/** A thread that decompresses and checks rows while they are loaded by this one. */
export class LineThread {
  private readonly worker: Worker;
  private readonly setup: LineThreadSetup;
  private readonly ended: Promise<void>;
  private readonly freeInputs: number[];
  private readonly blocks: Array<Extract<FromThread, { kind: 'block' }>> = [];
  private current: Iterator<TableLines> | undefined;
  private failure: { readonly error: unknown } | undefined;
  /** Totals of what was read, once `next` has reached the end. */
  sums: ReadSums | undefined;
  private wake = () => {};
  private wakeFeeder = () => {};

  /**
   * @param input what the thread reads
   * @throws what Node says where it allows no threads
   */
  constructor(
    input: AsyncIterable<Buffer>,
    options: Pick<LineThreadSetup, 'method' | 'size' | 'maxLineBytes' | 'rows'>,
  ) {
    this.setup = { ...lineMemory(), ...options };
    this.freeInputs = this.setup.inputs.map((_, slot) => slot);
    const worker = { eval: true, workerData: this.setup, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(programOf(readLines, zstdFrame), worker);
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('error', (error) => this.fail(archiveUnread('the thread that reads it failed', error)));
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        running.delete(this);
        if (running.size === 0) process.off('exit', restAll);
        this.fail(archiveUnread('the thread that reads it ended'));
        resolve();
      });
    });
    if (running.size === 0) process.on('exit', restAll);
    running.add(this);
    void this.feed(input).catch((error: unknown) => this.fail(error));
  }

  /**
   * Returns the next lines, whose bytes are valid until the next call; undefined at the end.
   * @throws LineFaultError; an error of the input itself
   */
  async next(): Promise<TableLines | undefined> {
    for (;;) {
      const piece = this.current?.next();
      if (piece && !piece.done) return piece.value;
      this.current = undefined;
      const block = this.blocks.shift();
      if (block) this.current = this.lines(block);
      else if (this.failure) throw this.failure.error;
      else if (this.sums) return undefined;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Ends the thread after what it is currently doing. */
  async close(): Promise<void> {
    this.fail(archiveUnread('nobody reads it any longer'));
    this.worker.postMessage(null);
    await this.ended;
  }

  /** Waits until the thread may be terminated. */
  rest(): void {
    Atomics.wait(new Int32Array(this.setup.busy), 0, 1, REST_MS);
  }

  private *lines({ slot, memory, pieces }: Extract<FromThread, { kind: 'block' }>): Generator<TableLines, void> {
    const all = Buffer.from(memory ?? this.setup.outputs[slot]!);
    let at = 0;
    for (const piece of pieces) {
      yield { ...piece, bytes: all.subarray(at, (at += piece.length)) };
    }
    this.say({ kind: 'free', slot });
  }

  private async feed(input: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of input) {
      for (let at = 0; at < chunk.length; at += INPUT_BYTES) {
        const bytes = chunk.subarray(at, at + INPUT_BYTES);
        while (this.freeInputs.length === 0 && !this.failure) {
          await new Promise<void>((resolve) => (this.wakeFeeder = resolve));
        }
        if (this.failure) return;
        const slot = this.freeInputs.shift()!;
        bytes.copy(Buffer.from(this.setup.inputs[slot]!));
        this.say({ kind: 'input', slot, length: bytes.length });
      }
    }
    this.say({ kind: 'end' });
  }

  private hear(message: FromThread): void {
    if (message.kind === 'block') this.blocks.push(message);
    else if (message.kind === 'taken') this.freeInputs.push(message.slot);
    else if (message.kind === 'end') this.sums = message;
    else this.fail(new LineFaultError(message.fault));
    this.wake();
    this.wakeFeeder();
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.wake();
    this.wakeFeeder();
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
  }
}
