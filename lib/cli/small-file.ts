import { createReadStream } from 'node:fs';
import { wrongUsage } from '../errors/usage-errors.js';

/** More than any file of keys or settings has; a device, or an archive by mistake, has no end. */
const MOST_BYTES = 1024 * 1024;

/**
 * A file of at most 1 MiB that somebody has named; it may be a pipe.
 * @param what it is, for the message
 * @param setting where it was named
 * @throws BackupError `WRONG_USAGE`
 */
export async function readSmallFile(path: string, what: string, setting: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    // One byte more shows that it is too large.
    for await (const chunk of createReadStream(path, { end: MOST_BYTES })) chunks.push(chunk as Buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`the ${what} "${path}" cannot be read (${code})`, `Correct ${setting}.`);
  }
  const content = Buffer.concat(chunks);
  if (content.length <= MOST_BYTES) return content;
  throw wrongUsage(`the ${what} "${path}" is larger than 1 MiB, so it is another file`, `Correct ${setting}.`);
}
