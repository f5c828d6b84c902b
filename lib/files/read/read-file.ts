import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { giveBack, LendingPool } from '../../support/lent-bytes.js';
import { type FileState, isRecent, isUnchanged } from '../file-check.js';

/** Files up to this size, in bytes, are read as a whole before their entry starts. */
export const SMALL_FILE_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** How many are on their way at a time. */
const MOST_CHUNKS = 4;
/** How often a small file is read if it is written to each time. */
const READS = 5;
const LOOKS = 5;
const PAUSE_MS = 20;
const LONG_PAUSE_MS = 250;

/** What an archive records about a file, and what it cannot record. */
export interface FileDetails {
  readonly mtimeMs: number;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly nlink?: number;
  readonly ctimeMs?: number;
}

/** An opened file; `bytes` is the content of a small one, any other has to be streamed and closed. */
export interface OpenedFile {
  readonly details: FileDetails;
  readonly content: WholeFile | StreamedFile;
}

export interface WholeFile {
  readonly bytes: Buffer;
  /** SHA-256 of it, if it was made where the file was read. */
  readonly sha256?: Buffer;
  /** It is written to all the time but only ever grows: this is its state at one moment. */
  readonly isGrowing?: boolean;
}

export interface StreamedFile {
  /** Its content as of now; fails if the file turns out to have changed. */
  chunks(): AsyncIterable<Buffer>;
  /** Checks the file again before it is read; without this method, it can be read only once. */
  begin?(): Promise<FileDetails>;
  /**
   * Whether what was read is one state of the file.
   * @param crc CRC-32 of what was read
   * @returns whether data was appended in the meantime
   * @throws FileChangedError when it may be a mix of old and new
   */
  confirm?(crc: number | undefined): Promise<boolean>;
  close(): Promise<void>;
}

/** Something that turned out not to be a regular file, or to have been changed, while it was read. */
export class FileChangedError extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/**
 * Opens a file without following a link and without waiting for the other end of a pipe.
 * @throws FileChangedError, or the system's error
 */
export async function openFile(path: Buffer): Promise<OpenedFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let keepOpen = false;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new FileChangedError('it is no longer a regular file');
    const small = stats.size <= SMALL_FILE_BYTES ? await readSmall(handle, stats) : undefined;
    keepOpen = !small;
    return small ?? { details: stats, content: new LargeFile(handle) };
  } finally {
    if (!keepOpen) await handle.close();
  }
}

/**
 * Reads a file until it has not been written to during the read.
 * @returns undefined when it has become large
 */
async function readSmall(handle: FileHandle, opened: Stats): Promise<OpenedFile | undefined> {
  let last: Buffer | undefined;
  let hasOnlyGrown = true;
  let before = opened;
  for (let reads = 0; reads < READS; reads++) {
    before = await settled(handle, reads === 0 ? opened : undefined);
    if (before.size > SMALL_FILE_BYTES) return undefined;
    const now = Date.now();
    // One extra byte shows whether it has grown.
    const read = await readUpTo(handle, before.size + 1);
    const isWhole = read.length === before.size && isUnchanged(before, await handle.stat());
    if (isWhole && !isRecent(before, now)) return { details: before, content: { bytes: read } };
    const bytes = read.subarray(0, before.size);
    hasOnlyGrown &&= bytes.length === before.size && bytes.length > 0 && (!last || startsWith(bytes, last));
    last = bytes;
  }
  if (!last || !hasOnlyGrown) throw new FileChangedError('it was written to every time it was read');
  return { details: before, content: { bytes: last, isGrowing: true } };
}

/** A file too large to be held in memory. */
class LargeFile implements StreamedFile {
  private before: Stats | undefined;
  private isSettled = false;

  constructor(private readonly handle: FileHandle) {}

  async begin(): Promise<FileDetails> {
    this.before = await settled(this.handle);
    this.isSettled = !isRecent(this.before, Date.now());
    return this.before;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const { size } = this.before ?? (await this.handle.stat());
    const pool = new LendingPool(Math.min(CHUNK_BYTES, size), MOST_CHUNKS);
    for (let position = 0; position < size; ) {
      const memory = pool.take();
      const { bytesRead } = await this.handle.read(memory, 0, Math.min(memory.length, size - position), position);
      if (bytesRead === 0) throw new FileChangedError('it was truncated while it was being read');
      position += bytesRead;
      yield pool.lend(memory, bytesRead);
    }
  }

  /** If a second read some time later gives the same bytes, they were really there; only what follows them is new. */
  async confirm(crc: number | undefined): Promise<boolean> {
    const after = await this.handle.stat();
    if (this.before && this.isSettled && isUnchanged(this.before, after)) return false;
    await sleep(PAUSE_MS);
    let again = 0;
    for await (const chunk of this.chunks()) {
      again = crc32(chunk, again);
      giveBack(chunk);
    }
    if (crc === undefined || again !== crc) throw new FileChangedError('it was written to every time it was read');
    return true;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Waits briefly until a file has not been changed just now, so that its next change will show. */
async function settled(handle: FileHandle, opened?: Stats): Promise<Stats> {
  let stats = opened ?? (await handle.stat());
  for (let looks = 1; looks < LOOKS && isRecent(stats, Date.now()); looks++) {
    await sleep(pauseFor(stats));
    stats = await handle.stat();
  }
  return stats;
}

function pauseFor({ size }: FileState): number {
  return size === 0 ? LONG_PAUSE_MS : PAUSE_MS;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
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
