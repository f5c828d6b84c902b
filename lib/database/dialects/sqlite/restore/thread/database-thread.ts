import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { programOf } from '../../../../../support/thread-program.js';
import { serveDatabase } from './program.js';
import type { Answer, Request } from './protocol.js';

/** The thread has ended by itself: what it was doing may be done or not. */
export class ThreadEndedError extends Error {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * A thread with a connection to a database file. What is short is asked, and this thread waits for it; what may be long
 * is requested, and does not hold the event loop.
 */
export class DatabaseThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly answered = new Int32Array(new SharedArrayBuffer(4));
  private readonly exited: Promise<void>;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private failure: ThreadEndedError | undefined;

  /**
   * @param driver the file that the driver is required from
   * @throws what Node says where it allows no threads
   */
  constructor(driver: string) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData = { driver, port: port2, signal: this.answered.buffer };
    const options = { eval: true, workerData, transferList: [port2], execArgv: [], env: {} };
    this.worker = new Worker(programOf(serveDatabase), options);
    port1.on('message', (answer: Answer) => this.hear(answer));
    // It keeps the process alive while something is under way.
    port1.unref();
    this.worker.unref();
    this.worker.on('error', (error) => this.fail(error));
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.fail();
        port1.close();
        resolve();
      });
    });
  }

  /** @returns the answer to what may take long */
  request(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => this.send(request, { resolve, reject }));
  }

  /** Waits for the answer. */
  ask(request: Request): unknown {
    let settled: (() => unknown) | undefined;
    this.send(request, {
      resolve: (value) => (settled = () => value),
      reject: (error) => {
        settled = () => {
          throw error;
        };
      },
    });
    for (;;) {
      const before = Atomics.load(this.answered, 0);
      for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
        this.hear(next.message as Answer);
      }
      if (settled) return settled();
      Atomics.wait(this.answered, 0, before);
    }
  }

  /** Closes the connection after what was requested before, and ends the thread. */
  async close(): Promise<void> {
    if (!this.failure) await this.request({ kind: 'close' }).catch(() => {});
    this.worker.ref();
    await this.exited;
  }

  private send(request: Request, waiting: Waiting): void {
    if (this.failure) return waiting.reject(this.failure);
    this.last++;
    this.waiting.set(this.last, waiting);
    this.port.ref();
    this.port.postMessage({ id: this.last, request });
  }

  private hear({ id, value, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.port.unref();
    if (!error) return waiting?.resolve(value);
    const { message, code } = error;
    waiting?.reject(Object.assign(new Error(message), code !== undefined && { code }));
  }

  private fail(cause?: unknown): void {
    this.failure ??= new ThreadEndedError('the thread with the connection to the database ended', { cause });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
