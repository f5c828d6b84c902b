import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { archiveInvalid, archiveNotKept } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { aborted } from '../../errors/run-errors.js';
import type { ByteSource } from '../../support/byte-source.js';
import { FileSource } from './file-source.js';

/** Where a stream is spooled, and until when it is read. */
export interface SpoolOptions {
  /** Default: the system's directory for temporary files. */
  readonly directory?: string;
  readonly signal?: AbortSignal;
}

/**
 * Spools a stream unchanged to a temporary file that only this process's user may read and that no longer has a name:
 * once it is closed, or the process ends in any way, it is gone.
 * @throws BackupError `ARCHIVE_FAILED` when there is no room for it, `ARCHIVE_INVALID` when the stream fails, `ABORTED`
 */
export async function spool(
  stream: Readable,
  { directory = tmpdir(), signal }: SpoolOptions = {},
): Promise<ByteSource> {
  let handle: FileHandle | undefined;
  const abort = () => stream.destroy(aborted(signal?.reason));
  // It may fail before it is read; reading it reports that.
  stream.on('error', () => {});
  try {
    if (signal?.aborted) throw aborted(signal.reason);
    signal?.addEventListener('abort', abort);
    handle = await openUnnamed(directory);
    return new FileSource(handle, await writeAll(stream, handle, directory));
  } catch (error) {
    stream.destroy();
    await handle?.close();
    throw error instanceof BackupError ? error : archiveInvalid('its source stream failed', error);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function openUnnamed(directory: string): Promise<FileHandle> {
  const path = join(directory, `nestjs-backup-spool-${randomUUID()}`);
  try {
    const handle = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  } catch (cause) {
    throw noRoom(directory, cause);
  }
}

async function writeAll(stream: Readable, handle: FileHandle, directory: string): Promise<number> {
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!ArrayBuffer.isView(bytes)) throw archiveInvalid('its source stream does not yield bytes');
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, size + written);
        written += bytesWritten;
      }
    } catch (cause) {
      throw noRoom(directory, cause);
    }
    size += bytes.length;
  }
  return size;
}

function noRoom(directory: string, cause: unknown): BackupError {
  const { code } = cause as NodeJS.ErrnoException;
  const problem = code === 'ENOSPC' || code === 'EDQUOT' ? 'there is no space left' : `it failed (${code})`;
  return archiveNotKept(directory, problem, cause);
}
