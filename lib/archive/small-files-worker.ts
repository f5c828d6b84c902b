/** What a thread that reads files is started with. */
export interface ReaderSetup {
  /** Longer files are left to others, in bytes. */
  readonly fileBytes: number;
  /** Where a batch of files is put, a place for each, one batch after the other. */
  readonly memory: readonly SharedArrayBuffer[];
}

/** One batch. @see SmallFileReader */
export interface ReadRequest {
  readonly batch: number;
  readonly paths: readonly Uint8Array[];
}

/** A small regular file; its bytes stand at its place in the batch. */
export interface ReadFile {
  readonly length: number;
  readonly mtimeMs: number;
  readonly mode: number;
}

/**
 * The program of a thread that reads small files, without a round through Node's pool for each of the four calls that a
 * file takes. It is started from its own text and uses nothing of this file. What is no small regular file, or fails, is
 * answered with null.
 */
export function readSmallFiles(): void {
  const { closeSync, constants, fstatSync, openSync, readSync } = require('node:fs') as typeof import('node:fs');
  const { parentPort, workerData } = require('node:worker_threads') as typeof import('node:worker_threads');
  const { fileBytes, memory } = workerData as ReaderSetup;
  const batches = memory.map((bytes) => Buffer.from(bytes));

  const read = (path: Uint8Array, place: Buffer): ReadFile | null => {
    let file: number | undefined;
    try {
      file = openSync(Buffer.from(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > fileBytes) return null;
      let length = 0;
      while (length < stats.size) {
        const count = readSync(file, place, length, stats.size - length, length);
        if (count === 0) break;
        length += count;
      }
      return { length, mtimeMs: stats.mtimeMs, mode: stats.mode };
    } catch {
      return null;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };

  parentPort!.on('message', ({ batch, paths }: ReadRequest) => {
    const bytes = batches[batch]!;
    parentPort!.postMessage(
      paths.map((path, index) => read(path, bytes.subarray(index * fileBytes, (index + 1) * fileBytes))),
    );
  });
}
