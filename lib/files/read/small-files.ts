import { Worker } from 'node:worker_threads';
import { backgroundProgramOf } from '../../support/thread-program.js';
import { isRecent, isUnchanged } from '../file-check.js';
import type { OpenedFile } from './read-file.js';

/** Size limit of these files, in bytes. */
const FILE_BYTES = 16 * 1024;
/** The most files that are requested together. */
export const FILES_AT_A_TIME = 128;
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Reads small files on a separate thread, in batches. What it does not read is left to be opened in another way. */
export class SmallFileReader {
  private readonly waiting: Array<(answer: ReadAnswer | undefined) => void> = [];
  private readonly worker: Worker | undefined;
  private ended = false;

  /** @param digests whether the SHA-256 of each is made as well */
  constructor(private readonly digests = false) {
    const workerData: ReaderSetup = { fileBytes: FILE_BYTES, files: FILES_AT_A_TIME, digests };
    const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
    try {
      this.worker = new Worker(backgroundProgramOf(readSmallFiles, isRecent, isUnchanged), options);
    } catch {
      this.ended = true; // Node's permission model may allow no threads.
      return;
    }
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
      this.worker!.postMessage(request, [request.buffer]);
    });
    if (!answer) return paths.map(() => undefined);
    const { numbers, bytes } = answer;
    let end = 0;
    let digested = bytesRead(numbers);
    return paths.map((_, index) => {
      const at = index * NUMBERS_PER_FILE;
      const length = numbers[at]!;
      if (length < 0) return undefined;
      const content = Buffer.from(bytes.buffer, end, length);
      end += length;
      const sha256 = this.digests ? Buffer.from(bytes.buffer, digested, SHA256_BYTES) : undefined;
      digested += SHA256_BYTES;
      const details = {
        mtimeMs: numbers[at + 1]!,
        mode: numbers[at + 2]!,
        uid: numbers[at + 3]!,
        gid: numbers[at + 4]!,
        nlink: numbers[at + 5]!,
      };
      return { details, content: { bytes: content, sha256 } };
    });
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  /** The files are then opened one by one, and report what is wrong. */
  private giveUp(): void {
    this.ended = true;
    for (const resolve of this.waiting.splice(0)) resolve(undefined);
  }
}

function bytesRead(numbers: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_FILE) sum += Math.max(0, numbers[at]!);
  return sum;
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

/** What a reader thread is started with. */
interface ReaderSetup {
  /** Files of this size or larger are left to others, in bytes. */
  readonly fileBytes: number;
  /** The most files that are requested together. */
  readonly files: number;
  /** Whether the SHA-256 of each is made. */
  readonly digests: boolean;
}

/** The paths of some files, each ended by a zero byte: an array would take longer to transfer than the files to read. */
type ReadRequest = Uint8Array;

/** What was read, in the order of the request. */
interface ReadAnswer {
  /** For each file `NUMBERS_PER_FILE`: its length, or -1 when it was not read, then mtimeMs, mode, uid, gid and nlink. */
  readonly numbers: Float64Array;
  /** The content of all files that were read, one after the other, and behind them the SHA-256 of each, if wanted. */
  readonly bytes: Uint8Array;
}

const NUMBERS_PER_FILE = 6;
const SHA256_BYTES = 32;

/**
 * The program of a thread that reads small files without going through Node's pool for each of the five calls per file.
 * It is started from its source text and must not use anything of this file. Whatever is not a small regular file, is
 * empty, fails, or is being written to is left to others. Its arguments decide whether a file was read in one state.
 */
function readSmallFiles(isRecentNow: typeof isRecent, isSame: typeof isUnchanged): void {
  const { closeSync, constants, fstatSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const { hash } = process.getBuiltinModule('node:crypto');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { fileBytes, files, digests: isDigested } = workerData as ReaderSetup;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const room = Buffer.allocUnsafeSlow(files * (fileBytes + 32));
  const digests = Buffer.allocUnsafeSlow(files * 32);
  const told = new Float64Array(files * 6);
  let filled = 0;
  let digested = 0;

  const read = (path: Buffer, at: number): void => {
    let file: number | undefined;
    try {
      file = openSync(path, flags);
      const before = fstatSync(file);
      const isSmall = before.size > 0 && before.size < fileBytes;
      if (!isSmall || !before.isFile() || isRecentNow(before, Date.now())) return;
      // One extra byte shows whether it has grown.
      const length = readSync(file, room, filled, before.size + 1, 0);
      if (length !== before.size || !isSame(before, fstatSync(file))) return;
      const end = filled + length;
      if (isDigested) digested += hash('sha256', room.subarray(filled, end), 'buffer').copy(digests, digested);
      filled = end;
      told[at] = length;
      told[at + 1] = before.mtimeMs;
      told[at + 2] = before.mode;
      told[at + 3] = before.uid;
      told[at + 4] = before.gid;
      told[at + 5] = before.nlink;
    } catch {
      // Whatever opens it next reports what is wrong with it.
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };

  parentPort!.on('message', (request: ReadRequest) => {
    const paths = Buffer.from(request.buffer, request.byteOffset, request.length);
    filled = 0;
    digested = 0;
    let count = 0;
    for (let start = 0; start < paths.length; count++) {
      const end = paths.indexOf(0, start);
      told[count * 6] = -1;
      read(paths.subarray(start, end), count * 6);
      start = end + 1;
    }
    filled += digests.copy(room, filled, 0, digested);
    // What is transferred belongs to the other thread from then on; the room is used again.
    const answer: ReadAnswer = { numbers: told.slice(0, count * 6), bytes: new Uint8Array(room.subarray(0, filled)) };
    parentPort!.postMessage(answer, [answer.numbers.buffer as ArrayBuffer, answer.bytes.buffer as ArrayBuffer]);
  });
}
