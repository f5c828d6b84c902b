/**
 * A thread that takes the small steps of staging, in the order in which they are given to it. Each small file needs six
 * calls of the system, and to wait for each of them in Node's pool takes far longer than the calls.
 */
import { Worker } from 'node:worker_threads';
import { backgroundProgramOf } from '../../../support/thread-program.js';
import { takeSteps } from './program.js';
import type { Answer, Request } from './protocol.js';
import { readStep, type Step, stepBytes, writeStep } from './steps.js';

/** So many files are written without it: a few are not worth a thread. */
const FILES_BEFORE = 64;
/** Steps that are sent together, and the bytes that they may have. */
const MOST_STEPS = 256;
const MOST_BYTES = 1024 * 1024;
/** The next ones are gathered while these are taken. */
const MOST_UNDER_WAY = 2;
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Receives what the system refused. */
export interface StepListener {
  /** Returns the error to be thrown. */
  failed(error: unknown, path: string): unknown;
  /** This process may not give a file to its owner. */
  notGiven?(error: unknown): void;
}

/** Steps that are gathered or under way. */
interface Batch {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly buffer: Buffer;
  readonly listeners: StepListener[];
  filled: number;
}

export class StagingThread {
  private files = 0;
  private worker: Worker | undefined;
  private batch: Batch | undefined;
  /** Memory that is used again. */
  private readonly spare: Batch[] = [];
  private readonly underWay: Batch[] = [];
  /** Called when a batch has been taken, or will never be. */
  private waiting: Array<() => void> = [];
  private failure: { readonly error: unknown } | undefined;

  get isRunning(): boolean {
    return this.worker !== undefined;
  }

  /** Counts a file that is to be written; with enough of them, the thread starts. */
  count(): void {
    if (++this.files === FILES_BEFORE) this.start();
  }

  start(): this {
    try {
      const program = backgroundProgramOf(takeSteps, readStep);
      const worker = new Worker(program, { eval: true, resourceLimits: HEAP, execArgv: [], env: {} });
      worker.on('message', (answer: Answer) => this.answered(answer));
      worker.on('error', (error) => this.ended(error));
      worker.on('exit', () => this.ended(new Error('the thread that writes files has ended')));
      this.worker = worker;
    } catch {
      // Node's permission model may allow no threads.
    }
    return this;
  }

  /**
   * Adds a step, whose content may change afterwards.
   * @returns a promise when too much is under way, to be waited for before the next step
   * @throws what the listener of a step that failed has returned
   */
  add(step: Step, listener: StepListener, content?: Buffer): Promise<void> | undefined {
    this.check();
    const bytes = stepBytes(step, content);
    if (this.batch && this.batch.filled + bytes > this.batch.bytes.length) this.send();
    const batch = (this.batch ??= this.spareOf(bytes));
    batch.filled = writeStep(batch.buffer, batch.filled, step, content);
    if (batch.listeners.push(listener) >= MOST_STEPS) this.send();
    return this.underWay.length > MOST_UNDER_WAY ? this.taken() : undefined;
  }

  /** Waits until all steps are taken. @throws as `add` */
  async drain(): Promise<void> {
    this.send();
    while (this.underWay.length > 0) await this.next();
    this.check();
  }

  /** Ends it; steps that it has not taken by then are not taken. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private async taken(): Promise<void> {
    while (this.underWay.length > MOST_UNDER_WAY) await this.next();
  }

  private next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private spareOf(bytes: number): Batch {
    const spare = bytes <= MOST_BYTES ? this.spare.pop() : undefined;
    if (spare) return spare;
    const memory = new Uint8Array(new SharedArrayBuffer(Math.max(bytes, MOST_BYTES)));
    return { bytes: memory, buffer: Buffer.from(memory.buffer), listeners: [], filled: 0 };
  }

  private send(): void {
    const { worker, batch } = this;
    if (!worker || !batch) return;
    this.batch = undefined;
    this.underWay.push(batch);
    worker.postMessage({ bytes: batch.bytes, steps: batch.listeners.length } satisfies Request);
  }

  private answered({ failed, notGiven }: Answer): void {
    const batch = this.underWay.shift()!;
    const { listeners, buffer } = batch;
    if (notGiven) listeners[notGiven.step]!.notGiven?.(notGiven.error);
    if (failed) {
      const path = readStep(buffer, failed.at).path;
      this.failure ??= { error: listeners[failed.step]!.failed(failed.error, path) };
    }
    batch.filled = 0;
    listeners.length = 0;
    if (batch.bytes.length === MOST_BYTES) this.spare.push(batch);
    this.wake();
  }

  private ended(error: unknown): void {
    if (this.worker) {
      const [first] = this.underWay;
      const path = first ? readStep(first.buffer, 0).path : '';
      this.failure ??= { error: first?.listeners[0]!.failed(error, path) ?? error };
    }
    this.underWay.length = 0;
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}
