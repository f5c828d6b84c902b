import type { isRecent, isUnchanged } from '../file-check.js';

/** What a reader thread is started with. */
export interface ReaderSetup {
  /** Files of this size or larger are left to others, in bytes. */
  readonly fileBytes: number;
  /** The most files that are requested together. */
  readonly files: number;
}

/** The paths of some files, each ended by a zero byte: an array would take longer to transfer than the files to read. */
export type ReadRequest = Uint8Array;

/** What was read, in the order of the request. */
export interface ReadAnswer {
  /** For each file `NUMBERS_PER_FILE`: its length, or -1 when it was not read, then mtimeMs, mode, uid, gid and nlink. */
  readonly numbers: Float64Array;
  /** The content of all files that were read, one after the other. */
  readonly bytes: Uint8Array;
}

export const NUMBERS_PER_FILE = 6;

/**
 * The program of a thread that reads small files without going through Node's pool for each of the five calls per file.
 * It is started from its source text and must not use anything of this file. Whatever is not a small regular file, is
 * empty, fails, or is being written to is left to others. Its arguments decide whether a file was read in one state.
 */
export function readSmallFiles(isRecentNow: typeof isRecent, isSame: typeof isUnchanged): void {
  const { closeSync, constants, fstatSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { fileBytes, files } = workerData as ReaderSetup;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const room = Buffer.allocUnsafeSlow(files * fileBytes);
  const told = new Float64Array(files * 6);
  let filled = 0;

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
      filled += length;
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
    let count = 0;
    for (let start = 0; start < paths.length; count++) {
      const end = paths.indexOf(0, start);
      told[count * 6] = -1;
      read(paths.subarray(start, end), count * 6);
      start = end + 1;
    }
    // What is transferred belongs to the other thread from then on; the room is used again.
    const answer: ReadAnswer = { numbers: told.slice(0, count * 6), bytes: new Uint8Array(room.subarray(0, filled)) };
    parentPort!.postMessage(answer, [answer.numbers.buffer as ArrayBuffer, answer.bytes.buffer as ArrayBuffer]);
  });
}
