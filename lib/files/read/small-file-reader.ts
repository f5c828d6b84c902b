import { Worker } from 'node:worker_threads';
import { isRecent, isUnchanged } from '../file-check.js';
import type { OpenedFile } from './read-file.js';
import { NUMBERS_PER_FILE, type ReaderSetup, type ReadRequest, readSmallFiles } from './small-files-worker.js';

/** Size limit of these files, in bytes. */
const FILE_BYTES = 16 * 1024;
/** Files requested together. */
export const FILES_AT_A_TIME = 64;
/** One batch is read while the other is consumed. */
export const BATCHES = 2;
const CHECKS = `isRecent: ${isRecent.toString()}, isUnchanged: ${isUnchanged.toString()}`;
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Reads small files on a separate thread, in batches. What it does not read is left to be opened in another way. */
export class SmallFileReader {
  private readonly memory = Array.from({ length: BATCHES }, () => new SharedArrayBuffer(FILES_AT_A_TIME * FILE_BYTES));
  private readonly waiting: Array<(told: Float64Array) => void> = [];
  private readonly worker: Worker;
  private next = 0;
  private ended = false;

  constructor() {
    const workerData: ReaderSetup = { fileBytes: FILE_BYTES, memory: this.memory };
    const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(`(${readSmallFiles.toString()})({ ${CHECKS} }, ${NUMBERS_PER_FILE})`, options);
    this.worker.on('message', (told: Float64Array) => this.waiting.shift()?.(told));
    this.worker.on('error', () => this.giveUp());
    this.worker.on('exit', () => this.giveUp());
  }

  /** Must not be called more than BATCHES times concurrently. @returns undefined for each file that it does not read */
  async read(paths: readonly Buffer[]): Promise<ReadonlyArray<OpenedFile | undefined>> {
    if (this.ended) return paths.map(() => undefined);
    const batch = this.next++ % BATCHES;
    const told = await new Promise<Float64Array>((resolve) => {
      this.waiting.push(resolve);
      this.worker.postMessage({ batch, paths } satisfies ReadRequest);
    });
    const bytes = Buffer.from(this.memory[batch]!);
    return paths.map((_, index) => {
      const at = index * NUMBERS_PER_FILE;
      const length = told[at] ?? -1;
      if (length < 0) return undefined;
      const details = {
        mtimeMs: told[at + 1]!,
        mode: told[at + 2]!,
        uid: told[at + 3]!,
        gid: told[at + 4]!,
        nlink: told[at + 5]!,
      };
      const content = Buffer.allocUnsafe(length);
      bytes.copy(content, 0, index * FILE_BYTES, index * FILE_BYTES + length);
      return { details, content: { bytes: content } };
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  /** The files are then opened one by one, and report what is wrong. */
  private giveUp(): void {
    this.ended = true;
    for (const resolve of this.waiting.splice(0)) resolve(new Float64Array(0));
  }
}
