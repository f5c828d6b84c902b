import type { isRecent, isUnchanged } from '../file-check.js';

/** What a reader thread is started with. */
export interface ReaderSetup {
  /** Files of this size or larger are left to others, in bytes. */
  readonly fileBytes: number;
  /** Where a batch of files is put, with a slot for each file; one buffer per batch. */
  readonly memory: readonly SharedArrayBuffer[];
}

/** One batch. @see SmallFileReader */
export interface ReadRequest {
  readonly batch: number;
  readonly paths: readonly Uint8Array[];
}

/**
 * What is reported for each file of a batch, as this many numbers: its length, or -1 when it was not read, then
 * mtimeMs, mode, uid, gid and nlink. Transferring objects would take longer than reading the files.
 */
export const NUMBERS_PER_FILE = 6;

/** Decides whether a file was read in one state. */
export interface FileChecks {
  readonly isRecent: typeof isRecent;
  readonly isUnchanged: typeof isUnchanged;
}

/**
 * The program of a thread that reads small files without going through Node's pool for each of the four calls per file.
 * It is started from its source text and must not use anything of this file. Whatever is not a small regular file, is
 * empty, fails, or is being written to is left to others.
 */
export function readSmallFiles({ isRecent, isUnchanged }: FileChecks, numbersPerFile: number): void {
  const { closeSync, constants, fstatSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { fileBytes, memory } = workerData as ReaderSetup;
  const batches = memory.map((bytes) => Buffer.from(bytes));

  const read = (path: Uint8Array, bytes: Buffer, start: number, told: Float64Array, at: number): void => {
    let file: number | undefined;
    try {
      file = openSync(Buffer.from(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const before = fstatSync(file);
      const isSmall = before.size > 0 && before.size < fileBytes;
      if (!before.isFile() || !isSmall || isRecent(before, Date.now())) return;
      // One extra byte shows whether it has grown.
      const length = readSync(file, bytes, start, before.size + 1, 0);
      if (length !== before.size || !isUnchanged(before, fstatSync(file))) return;
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

  parentPort!.on('message', ({ batch, paths }: ReadRequest) => {
    const bytes = batches[batch]!;
    const told = new Float64Array(paths.length * numbersPerFile).fill(-1);
    for (let index = 0; index < paths.length; index++) {
      read(paths[index]!, bytes, index * fileBytes, told, index * numbersPerFile);
    }
    parentPort!.postMessage(told, [told.buffer]);
  });
}
