import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Files up to this size are read in one piece before their entry begins, in bytes. */
export const SMALL_FILE_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** A file, opened; `bytes` is its content when it is small, else it is to be streamed and closed. */
export interface OpenedFile {
  readonly mtime: Date;
  readonly mode: number;
  readonly content: { readonly bytes: Buffer } | StreamedFile;
}

export interface StreamedFile {
  /** Its content; an error when the file is no longer what it was. */
  chunks(): AsyncIterable<Buffer>;
  /** Whether it was written to meanwhile, so that what was read may be torn. */
  wasChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/** What turned out to be no regular file, or to have been cut, while it was read. */
export class FileChangedError extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/**
 * Opens a file without following a link and without waiting for a pipe's other end.
 * @throws FileChangedError, or the system's error
 */
export async function openFile(path: Buffer): Promise<OpenedFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let keepOpen = false;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FileChangedError('it is no longer a regular file');
    keepOpen = stats.size > SMALL_FILE_BYTES;
    const content = keepOpen ? streamed(handle, stats) : { bytes: await readUpTo(handle, stats.size) };
    return { mtime: stats.mtime, mode: stats.mode, content };
  } finally {
    if (!keepOpen) await handle.close();
  }
}

function streamed(handle: FileHandle, stats: Stats): StreamedFile {
  return {
    chunks: () => fileChunks(handle, stats.size),
    wasChanged: () => wasChanged(handle, stats),
    close: () => handle.close(),
  };
}

/**
 * The first `size` bytes of a file, as it was when it was opened: what is appended later is left out.
 * @throws FileChangedError when the file has been cut since
 */
async function* fileChunks(handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw new FileChangedError('it was cut off while it was read');
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Whether a file was written to since it was opened. */
async function wasChanged(handle: FileHandle, opened: Stats): Promise<boolean> {
  const now = await handle.stat();
  return now.mtimeMs !== opened.mtimeMs || now.size !== opened.size;
}

async function readUpTo(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(buffer, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
