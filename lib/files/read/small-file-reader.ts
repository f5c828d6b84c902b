import { Worker } from 'node:worker_threads';
import { programOf } from '../../support/thread-program.js';
import { isRecent, isUnchanged } from '../file-check.js';
import type { OpenedFile } from './read-file.js';
import { NUMBERS_PER_FILE, type ReadAnswer, type ReaderSetup, readSmallFiles } from './small-files-worker.js';

/** Size limit of these files, in bytes. */
const FILE_BYTES = 16 * 1024;
/** The most files that are requested together. */
export const FILES_AT_A_TIME = 128;
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Reads small files on a separate thread, in batches. What it does not read is left to be opened in another way. */
export class SmallFileReader {
  private readonly waiting: Array<(answer: ReadAnswer | undefined) => void> = [];
  private readonly worker: Worker;
  private ended = false;

  constructor() {
    const workerData: ReaderSetup = { fileBytes: FILE_BYTES, files: FILES_AT_A_TIME };
    const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
    this.worker = new Worker(programOf(readSmallFiles, isRecent, isUnchanged), options);
    this.worker.on('message', (answer: ReadAnswer) => this.waiting.shift()?.(answer));
    this.worker.on('error', () => this.giveUp());
    this.worker.on('exit', () => this.giveUp());
  }

  /**
   * @param paths up to FILES_AT_A_TIME
   * @returns undefined for each file that it does not read; the bytes of the others are parts of one buffer
   */
  async read(paths: readonly Buffer[]): Promise<ReadonlyArray<OpenedFile | undefined>> {
    if (this.ended) return paths.map(() => undefined);
    const answer = await new Promise<ReadAnswer | undefined>((resolve) => {
      this.waiting.push(resolve);
      const request = pathsInOne(paths);
      this.worker.postMessage(request, [request.buffer]);
    });
    if (!answer) return paths.map(() => undefined);
    const { numbers, bytes } = answer;
    let end = 0;
    return paths.map((_, index) => {
      const at = index * NUMBERS_PER_FILE;
      const length = numbers[at]!;
      if (length < 0) return undefined;
      const content = Buffer.from(bytes.buffer, end, length);
      end += length;
      const details = {
        mtimeMs: numbers[at + 1]!,
        mode: numbers[at + 2]!,
        uid: numbers[at + 3]!,
        gid: numbers[at + 4]!,
        nlink: numbers[at + 5]!,
      };
      return { details, content: { bytes: content } };
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  /** The files are then opened one by one, and report what is wrong. */
  private giveUp(): void {
    this.ended = true;
    for (const resolve of this.waiting.splice(0)) resolve(undefined);
  }
}

function pathsInOne(paths: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(paths.reduce((sum, path) => sum + path.length + 1, 0));
  let end = 0;
  for (const path of paths) {
    bytes.set(path, end);
    end += path.length + 1;
  }
  return bytes;
}
