import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isOver, PROCESS_IDENTITY } from './process-identity.js';
import { whenInterrupted } from './when-interrupted.js';

/**
 * `.<name>.<identity of its writer, or nothing>.<random>.nestjs-partial`: no name of an object starts with a dot, and no file of
 * another program ends like this.
 */
const PARTIAL = /^\.[A-Za-z0-9][A-Za-z0-9._-]*?(?:\.([0-9a-f]{10}-[0-9a-z]+-[0-9a-z]+))?\.[0-9a-f]{8}\.nestjs-partial$/;

/** A file that was not modified for this long, in milliseconds, has no writer any more. */
const ABANDONED_AFTER = 3_600_000;
const SIGN_OF_LIFE_EVERY = 300_000;

/**
 * A file, mode 0600, that has a temporary name until it is complete. A signal that ends the command line removes it; files
 * of killed processes are removed by the next process that writes to the same directory, as soon as it is certain that
 * they have no writer any more.
 */
export class PartialFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly signs: NodeJS.Timeout,
    private readonly forget: () => void,
  ) {}

  /**
   * Also removes what killed processes left there.
   * @param name letters, digits, ".", "_" and "-", starting with a letter or a digit, at most 200 characters
   */
  static async create(directory: string, name: string): Promise<PartialFile> {
    const owner = PROCESS_IDENTITY === undefined ? '' : `.${PROCESS_IDENTITY}`;
    const path = join(directory, `.${name}${owner}.${randomBytes(4).toString('hex')}.nestjs-partial`);
    const handle = await open(path, 'wx', 0o600);
    const forget = whenInterrupted(() => unlinkSync(path));
    // Ages are measured by the file server's clock, which sets this timestamp.
    const signs = setInterval(() => void handle.chmod(0o600).catch(() => {}), SIGN_OF_LIFE_EVERY).unref();
    const partial = new PartialFile(path, handle, signs, forget);
    try {
      await removeLeftovers(directory, (await handle.stat()).mtimeMs);
      return partial;
    } catch (error) {
      await partial.discard();
      throw error;
    }
  }

  /** Writes the content completely; it is on the disk when this resolves. @returns its bytes @throws what the content throws */
  async fill(content: Readable, signal?: AbortSignal): Promise<number> {
    const file = this.handle.createWriteStream({ flush: true });
    await pipeline(content, file, { signal });
    return file.bytesWritten;
  }

  /** Removes the file if it still has its temporary name. */
  async discard(): Promise<void> {
    clearInterval(this.signs);
    await this.handle.close().catch(() => {});
    await rm(this.path, { force: true });
    this.forget();
  }
}

/**
 * Removes what killed processes left in a directory.
 * @param now timestamp of a file that was just created, so that the file server's clock counts
 */
export async function removeLeftovers(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const found = PARTIAL.exec(name);
    if (!found) continue;
    const path = join(directory, name);
    const stats = await lstat(path).catch(() => undefined);
    if (!stats?.isFile()) continue;
    // Other machines may be writing here too; only the age says anything about their files.
    const isAbandoned = now - Math.max(stats.mtimeMs, stats.ctimeMs) > ABANDONED_AFTER;
    if (isAbandoned || (found[1] !== undefined && isOver(found[1]))) await rm(path, { force: true });
  }
}
