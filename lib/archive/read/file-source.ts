import { type FileHandle, open } from 'node:fs/promises';
import { archiveInvalid } from '../../errors/archive-errors.js';
import type { ByteSource, FillingSource } from '../../support/byte-source.js';

/**
 * An archive in a file.
 * @throws BackupError `ARCHIVE_INVALID` when it cannot be opened, or is not a file
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (stats.isFile()) return new FileSource(handle, stats.size);
  } catch (cause) {
    await handle?.close();
    const { code } = cause as NodeJS.ErrnoException;
    throw archiveInvalid(`"${path}" cannot be opened (${code ?? 'unknown error'})`, cause, 'Check the path.');
  }
  await handle.close();
  throw archiveInvalid(`"${path}" is not a file`, undefined, 'Check the path.');
}

/** The first `size` bytes of an open file, which is closed with it. */
export class FileSource implements FillingSource {
  constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    await this.readInto(position, bytes);
    return bytes;
  }

  async readInto(position: number, bytes: Buffer): Promise<void> {
    const { length } = bytes;
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.handle
        .read(bytes, filled, length - filled, position + filled)
        .catch((cause: NodeJS.ErrnoException) => {
          throw archiveInvalid(`it cannot be read at byte ${position + filled} (${cause.code})`, cause);
        });
      if (bytesRead === 0) {
        throw archiveInvalid(`it was truncated at byte ${position + filled} while it was being read`);
      }
      filled += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
