/**
 * A thread that takes the small steps of staging, in the order in which they are given to it. Each small file needs six
 * calls of the system, and to wait for each of them in Node's pool takes far longer than the calls.
 */
import { Worker } from 'node:worker_threads';
import { programOf } from '../../support/thread-program.js';

/** So many files are written without it: a few are not worth a thread. */
const FILES_BEFORE = 64;
/** Steps that are sent together, and the bytes of content that they may have. */
const MOST_STEPS = 256;
const MOST_BYTES = 1024 * 1024;
/** The next ones are gathered while these are taken. */
const MOST_UNDER_WAY = 2;
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Sets mode and time, in seconds since 1970, of a folder. */
interface DescribeStep {
  readonly kind: 'describe';
  readonly path: string;
  readonly mode: number;
  readonly modified: number;
}

/** Creates a file, which must not exist. */
interface WriteStep extends Omit<DescribeStep, 'kind'> {
  readonly kind: 'write';
  readonly owner?: Owner;
  /** Whether it is flushed at once, because it cannot be opened again. */
  readonly flush: boolean;
  /** Of its content, in bytes. */
  readonly length: number;
}

interface FlushStep {
  readonly kind: 'flush';
  readonly path: string;
  /** Codes of errors after which it need not be flushed. */
  readonly harmless: readonly string[];
}

type Step = WriteStep | DescribeStep | FlushStep;

/** Receives what the system refused. */
export interface StepListener {
  /** Returns the error to be thrown. */
  failed(error: unknown): unknown;
  /** This process may not give the file to its owner. */
  notGiven?(error: unknown): void;
}

/** Steps that are sent together. */
interface Request {
  readonly steps: readonly Step[];
  /** The contents of all files, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Refusal {
  /** Place of the step in the request. */
  readonly step: number;
  /** The system's error, of which only this much gets from thread to thread. */
  readonly error: { readonly message: string; readonly code?: string };
}

interface Answer {
  /** No step after it was taken, nor will be. */
  failed?: Refusal;
  notGiven?: Refusal;
}

interface UnderWay {
  readonly listeners: readonly StepListener[];
  readonly ended: Promise<void>;
  end(): void;
}

export class StagingThread {
  private files = 0;
  private worker: Worker | undefined;
  private steps: Step[] = [];
  private contents: Buffer[] = [];
  private bytes = 0;
  private listeners: StepListener[] = [];
  private readonly underWay: UnderWay[] = [];
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
      const worker = new Worker(programOf(takeSteps), { eval: true, resourceLimits: HEAP, execArgv: [], env: {} });
      worker.on('message', (answer: Answer) => this.answered(answer));
      worker.on('error', (error) => this.ended(error));
      worker.on('exit', () => this.ended(new Error('the thread that writes files has ended')));
      this.worker = worker;
    } catch {
      // Node's permission model may allow no threads.
    }
    return this;
  }

  /** Waits while too much is under way. @throws what the listener of a step that failed has returned */
  async add(step: Step, listener: StepListener, content?: Buffer): Promise<void> {
    this.check();
    this.steps.push(step);
    this.listeners.push(listener);
    if (content) this.contents.push(content);
    this.bytes += content?.length ?? 0;
    if (this.steps.length < MOST_STEPS && this.bytes < MOST_BYTES) return;
    while (this.underWay.length >= MOST_UNDER_WAY) await this.underWay[0]!.ended;
    this.send();
  }

  /** Waits until all steps are taken. @throws as `add` */
  async drain(): Promise<void> {
    this.send();
    while (this.underWay.length > 0) await this.underWay[0]!.ended;
    this.check();
  }

  /** Ends it; steps that it has not taken by then are not taken. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private send(): void {
    if (!this.worker || this.steps.length === 0) return;
    const { steps, contents, listeners } = this;
    const request: Request = { steps, bytes: new Uint8Array(this.bytes) };
    let filled = 0;
    for (const content of contents) {
      request.bytes.set(content, filled);
      filled += content.length;
    }
    [this.steps, this.contents, this.listeners, this.bytes] = [[], [], [], 0];
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.underWay.push({ listeners, ended, end });
    this.worker.postMessage(request, [request.bytes.buffer]);
  }

  private answered({ failed, notGiven }: Answer): void {
    const { listeners, end } = this.underWay.shift()!;
    if (notGiven) listeners[notGiven.step]!.notGiven?.(notGiven.error);
    if (failed) this.failure ??= { error: listeners[failed.step]!.failed(failed.error) };
    end();
  }

  private ended(error: unknown): void {
    if (this.worker) this.failure ??= { error: this.underWay[0]?.listeners[0]!.failed(error) ?? error };
    for (const { end } of this.underWay.splice(0)) end();
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}

/** The program of the thread. It is started from its source text, so it must not use anything of this file. */
function takeSteps(): void {
  const fs = process.getBuiltinModule('node:fs');
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  let hasFailed = false;
  const isOneOf = (error: unknown, codes: readonly string[]) => codes.includes((error as { code?: string }).code ?? '');
  const refusal = (step: number, error: unknown): Refusal => {
    const { message, code } = error as NodeJS.ErrnoException;
    return { step, error: { message, code } };
  };
  // Node takes a negative number for the present.
  const timeOf = ({ modified }: WriteStep | DescribeStep) => (modified < 0 ? String(modified) : modified);

  /** @returns why its owner is not the one that it should have */
  const write = (step: WriteStep, content: Buffer): unknown => {
    const file = fs.openSync(step.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    let notGiven: unknown;
    try {
      for (let written = 0; written < content.length; ) written += fs.writeSync(file, content, written);
      try {
        if (step.owner) fs.fchownSync(file, step.owner.uid, step.owner.gid);
      } catch (error) {
        if (!isOneOf(error, ['EPERM', 'EINVAL'])) throw error;
        notGiven = error;
      }
      fs.futimesSync(file, timeOf(step), timeOf(step));
      fs.fchmodSync(file, step.mode);
      if (step.flush) fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    return notGiven;
  };

  const flush = ({ path, harmless }: FlushStep): void => {
    try {
      const file = fs.openSync(path, 'r');
      try {
        fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
    } catch (error) {
      if (!isOneOf(error, harmless)) throw error;
    }
  };

  parentPort!.on('message', ({ steps, bytes }: Request) => {
    const answer: Answer = {};
    let end = 0;
    for (let place = 0; place < steps.length && !hasFailed; place++) {
      const step = steps[place]!;
      try {
        if (step.kind === 'flush') {
          flush(step);
        } else if (step.kind === 'describe') {
          fs.chmodSync(step.path, step.mode);
          fs.utimesSync(step.path, timeOf(step), timeOf(step));
        } else {
          const content = Buffer.from(bytes.buffer, end, step.length);
          end += step.length;
          const notGiven = write(step, content);
          if (notGiven) answer.notGiven ??= refusal(place, notGiven);
        }
      } catch (error) {
        hasFailed = true;
        answer.failed = refusal(place, error);
      }
    }
    parentPort!.postMessage(answer);
  });
}
