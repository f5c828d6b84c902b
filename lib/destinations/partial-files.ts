import { randomBytes } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** No name of an object begins with a dot. */
const PARTIAL = /^\.[A-Za-z0-9][A-Za-z0-9._-]*\.[0-9a-f]{12}\.partial$/;

/** After this time without a byte nobody writes a file any more, in milliseconds. */
const ABANDONED_AFTER = 3_600_000;

/** What an object is called while it is written. */
export function partialName(object: string): string {
  return `.${object}.${randomBytes(6).toString('hex')}.partial`;
}

/**
 * Removes what killed processes left behind. Others may be writing here, from other machines too; theirs are younger.
 * @param now time of a file that was made just now, so that it is the file server's clock that counts
 */
export async function removeLeftovers(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!PARTIAL.test(name)) continue;
    const path = join(directory, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() && now - stats.mtimeMs > ABANDONED_AFTER) await rm(path, { force: true });
  }
}
