import { constants, opendirSync, realpathSync, type Stats } from 'node:fs';
import { lstat, open, opendir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { FileSource } from '../archive/read/file-source.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { applicationFolder } from '../support/application-folder.js';
import type { ByteSource } from '../support/byte-source.js';
import { PartialFile } from '../support/partial-file.js';
import { syncFolder } from '../support/sync-path.js';
import type {
  BackupDestination,
  PutOptions,
  Replacement,
  RewrittenObject,
  StoredObject,
} from './backup-destination.js';
import { checkObjectName, isObjectName } from './object-name.js';
import { rewriteFile } from './rewrite-file.js';

/**
 * A directory of this machine, or mounted on it, as a destination. Objects are files with mode 0600.
 * @param path absolute, or relative to the application's folder (that of the package.json nearest to its main script);
 *   must exist
 */
export function localDirectory(path: string): BackupDestination {
  return new LocalDirectory(path);
}

class LocalDirectory implements BackupDestination {
  /** How long a disk takes to flush depends on how much was written. */
  readonly hasOwnDeadline = true;

  private resolved: string | undefined;

  constructor(private readonly path: string) {}

  /** Absolute: a relative path is resolved against the application's folder, whatever the working directory. */
  get directory(): string {
    return (this.resolved ??= resolve(applicationFolder(), String(this.path)));
  }

  check(option: string): void {
    if (typeof this.path !== 'string' || this.path === '') {
      throw invalidOption(option, 'the path is not a string', 'Set the path of a directory.');
    }
    try {
      opendirSync(realpathSync(this.directory)).closeSync();
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const problem = `the directory "${this.directory}" cannot be opened (${code})`;
      throw invalidOption(option, problem, 'Create it, mount it, or correct the path.');
    }
  }

  async put(name: string, content: Readable, { signal }: PutOptions = {}): Promise<StoredObject> {
    const path = join(this.directory, checkObjectName(name));
    // A stream that fails before it is read reports it when it is read.
    content.on('error', () => {});
    let partial: PartialFile | undefined;
    try {
      signal?.throwIfAborted();
      await this.refuseExisting(name);
      partial = await PartialFile.create(this.directory, name);
      const bytes = await fill(partial, content, signal);
      await this.refuseExisting(name);
      signal?.throwIfAborted();
      await rename(partial.path, path);
      await syncFolder(this.directory).catch(async (error: unknown) => {
        await rm(path, { force: true });
        throw error;
      });
      return { name, bytes };
    } catch (error) {
      content.destroy();
      throw error;
    } finally {
      await partial?.discard();
    }
  }

  async open(name: string): Promise<ByteSource> {
    // The target of a link is not one of these objects, and opening a named pipe would block.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(join(this.directory, checkObjectName(name)), flags);
    try {
      const stats = await handle.stat();
      if (stats.isFile()) return new FileSource(handle, stats.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    throw destinationFailed(`"${name}" is not a file`);
  }

  async rewrite(
    name: string,
    change: (object: ByteSource) => Promise<Replacement>,
    { signal }: PutOptions = {},
  ): Promise<RewrittenObject> {
    const bytes = await rewriteFile(join(this.directory, checkObjectName(name)), name, change, signal);
    return { name, bytes };
  }

  async *list(): AsyncGenerator<StoredObject> {
    for await (const { name } of await opendir(this.directory)) {
      if (!isObjectName(name)) continue;
      const stats = await lstat(join(this.directory, name)).catch(ifGone);
      if (stats?.isFile()) yield { name, bytes: stats.size };
      // Omitting the name would make the backup look deleted.
      else if (stats) yield { name, bytes: 0, problem: whatIsIt(stats) };
    }
  }

  async delete(name: string): Promise<void> {
    await rm(join(this.directory, checkObjectName(name)), { force: true });
    await syncFolder(this.directory);
  }

  /**
   * In addition to `rename`, which would replace it; names contain ids, so no other process creates the same name
   * meanwhile.
   */
  private async refuseExisting(name: string): Promise<void> {
    if (!(await lstat(join(this.directory, name)).catch(ifGone))) return;
    throw destinationFailed(`"${name}" already exists`);
  }
}

async function fill(partial: PartialFile, content: Readable, signal: AbortSignal | undefined): Promise<number> {
  // A stream with nothing left to read would pass for an empty one.
  if (content.destroyed || content.readableEnded) {
    throw content.errored ?? destinationFailed('its stream was closed before it was read');
  }
  return partial.fill(content, signal);
}

function whatIsIt(stats: Stats): string {
  return stats.isSymbolicLink() ? 'it is a symbolic link, which is not followed' : 'it is not a file';
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
