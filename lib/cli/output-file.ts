import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupError } from '../backup.errors.js';

/**
 * Writes a stream to a file that appears under its name only when it is whole: a temporary name beside it, mode 0600,
 * synced, then linked. Nothing is overwritten, and a failed run leaves nothing behind.
 * @throws BackupError `WRONG_USAGE` when the file exists, `ARCHIVE_FAILED` when it cannot be written; what the content throws
 */
export async function writeWholeFile(path: string, content: Readable): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await pipeline(content, createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }));
    await link(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    const { code, syscall, path: place } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw BackupError.wrongUsage(`"${path}" exists already`, 'Choose another name with -o, or remove it.');
    }
    // Everything else is the content's own.
    const isOfFile = place === temporary || syscall === 'write' || syscall === 'fsync';
    throw isOfFile ? BackupError.archiveFailed(`"${path}" cannot be written (${code})`, error) : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
