import { Worker } from 'node:worker_threads';
import { archiveUnread } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { freeFilled } from '../../support/free-bytes.js';
import { backgroundProgramOf } from '../../support/thread-program.js';
import { zstdFrame } from '../../support/zstd-frame.js';
import { type FoundValues, type LineBlock, LONGEST_LINE_BYTES, skipPlain } from '../format.js';
import { type LineSource, lineErrors } from '../line-source.js';
import { makeScanner, type ScannedLines } from '../scanner.js';
import { unescapeInto } from '../unescape.js';
import { makeLocator } from './locate.js';
import { readLines } from './program.js';
import {
  type FromThread,
  INPUT_BYTES,
  type LineFault,
  type LineThreadSetup,
  lineMemory,
  type Piece,
  placeMemory,
  type ToThread,
} from './protocol.js';

/** Limits of the thread's own heap, in MiB; the shared buffers are not part of it. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };
/** How long the exit of the process waits for a thread that must not be terminated, in milliseconds. */
const REST_MS = 2_000;
/** SHA-256 of nothing, which is what a table without rows has. */
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Those whose threads are running, of all restores. */
const running = new Set<ThreadedLines>();
const restAll = () => running.forEach((lines) => lines.rest());

export const lineProgram = () =>
  backgroundProgramOf(readLines, zstdFrame, freeFilled, makeLocator, makeScanner, unescapeInto, skipPlain);

/** Lines as they are in an archive. */
export interface PackedLines {
  /** How they are compressed, as the method of a ZIP. */
  readonly method: number;
  /** Of the lines, as declared, in bytes. */
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer>;
  /**
   * Called at the end.
   * @param sums of the lines; `consumed` bytes of the chunks were used
   * @throws BackupError `ARCHIVE_INVALID` when they are not what was declared
   */
  check(sums: { readonly size: number; readonly crc: number; readonly consumed: number }): void;
  /** The error for what cannot be decompressed. */
  undecodable(cause: { readonly message: string }): BackupError;
}

/** Lines that a thread decompresses and checks while those before are loaded by this one. */
export class ThreadedLines implements LineSource {
  taken = 0;
  private readonly maxLineBytes: number;
  private readonly worker: Worker;
  private readonly setup: LineThreadSetup;
  private readonly ended: Promise<void>;
  private readonly freeInputs: number[];
  private readonly blocks: Array<Extract<FromThread, { kind: 'block' }>> = [];
  private current: Iterator<Piece & LineBlock> | undefined;
  private digested = OF_NOTHING;
  private sums: Extract<FromThread, { kind: 'end' }> | undefined;
  /** Makes the error when it is thrown, since it may say how many lines were taken by then. */
  private failure: (() => Error) | undefined;
  private wake = () => {};
  private wakeFeeder = () => {};

  /**
   * @param rows of each table, in the order of the archive
   * @param find how the lines of each table are scanned, if their values are to be found as well
   * @throws what Node says where it allows no threads
   */
  constructor(
    private readonly packed: PackedLines,
    rows: readonly number[],
    maxLineBytes: number,
    find?: readonly ScannedLines[],
  ) {
    this.maxLineBytes = Math.min(maxLineBytes, LONGEST_LINE_BYTES);
    const { method, size, chunks } = packed;
    const finding = find && { find: { tables: find, memory: placeMemory() } };
    this.setup = { ...lineMemory(), method, size, maxLineBytes: this.maxLineBytes, rows, ...finding };
    this.freeInputs = this.setup.inputs.map((_, slot) => slot);
    const worker = { eval: true, workerData: this.setup, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(lineProgram(), worker);
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('error', (error) => this.fail(() => archiveUnread('the thread that reads it failed', error)));
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        running.delete(this);
        if (running.size === 0) process.off('exit', restAll);
        this.fail(() => archiveUnread('the thread that reads it ended'));
        resolve();
      });
    });
    if (running.size === 0) process.on('exit', restAll);
    running.add(this);
    void this.feed(chunks).catch((error: unknown) =>
      this.fail(() => (error instanceof BackupError ? error : packed.undecodable(error as Error))),
    );
  }

  /** The thread divides by the same counts, so that lines are never more than are wanted of a table. */
  async next(): Promise<LineBlock | undefined> {
    for (;;) {
      const lines = this.current?.next();
      if (lines && !lines.done) {
        const { bytes, count, found, digest } = lines.value;
        this.taken += count;
        if (digest !== undefined) this.digested = digest;
        return { bytes, count, ...(found && { found }) };
      }
      this.current = undefined;
      const block = this.blocks.shift();
      if (block) {
        this.current = this.lines(block);
      } else if (this.failure) {
        throw this.failure();
      } else if (this.sums) {
        this.packed.check(this.sums);
        return undefined;
      } else {
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
  }

  digest(): string {
    const { digested } = this;
    this.digested = OF_NOTHING;
    return digested;
  }

  /** Ends the thread after what it is currently doing. */
  async close(): Promise<void> {
    this.fail(() => archiveUnread('nobody reads it any longer'));
    this.worker.postMessage(null);
    await this.ended;
  }

  /** Waits until the thread may be terminated. */
  rest(): void {
    Atomics.wait(new Int32Array(this.setup.busy), 0, 1, REST_MS);
  }

  private *lines({
    slot,
    start,
    memory,
    pieces,
  }: Extract<FromThread, { kind: 'block' }>): Generator<Piece & LineBlock, void> {
    const all = Buffer.from(memory ?? this.setup.outputs[slot]!);
    let at = start;
    for (const piece of pieces) {
      const found = piece.places && this.found(slot, piece.places);
      yield { ...piece, ...(found && { found }), bytes: all.subarray(at, (at += piece.length)) };
    }
    this.say({ kind: 'free', slot });
  }

  private found(slot: number, [from, to]: NonNullable<Piece['places']>): FoundValues {
    const { places, texts } = this.setup.find!.memory;
    return { places: new Int32Array(places[slot]!).subarray(from, to), texts: Buffer.from(texts[slot]!) };
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
    else this.fail(() => this.errorOf(message.fault));
    this.wake();
    this.wakeFeeder();
  }

  private errorOf(fault: LineFault): Error {
    const { tooLong, notUtf8, cutOff } = lineErrors(this.maxLineBytes, () => this.taken);
    if (fault === 'long') return tooLong();
    if (fault === 'utf8') return notUtf8();
    if (fault === 'cut') return cutOff();
    if ('broken' in fault) return archiveUnread(`the thread that reads it failed (${fault.broken})`);
    return this.packed.undecodable({ message: fault.undecodable });
  }

  private fail(error: () => Error): void {
    this.failure ??= error;
    this.wake();
    this.wakeFeeder();
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
  }
}
