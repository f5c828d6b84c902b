import { link, lstat, open, rename, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { archiveFailed } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { PartialFile } from '../../support/partial-file.js';

/** The middle part of the name of a file that is not complete yet. */
const NAME = 'nestjs-backup-output';

/**
 * A file that appears under its name only when it is complete: a temporary name beside it, mode 0600, synced, then linked, or
 * renamed where the filesystem has no hard links.
 * Nothing is overwritten, and a failed or interrupted run leaves nothing behind.
 */
export class OutputFile {
  private constructor(
    private readonly directory: string,
    private readonly partial: PartialFile,
  ) {}

  /**
   * Called before any work: refuses now what would be refused at the end.
   * @param path absolute; if the name is not known yet, its directory with a trailing separator
   * @throws BackupError `WRONG_USAGE` when the file exists, or its directory does not, `ARCHIVE_FAILED` when it cannot be created
   */
  static async prepare(path: string): Promise<OutputFile> {
    const directory = path.endsWith(sep) ? path : dirname(path);
    try {
      if (directory !== path) await refuseTaken(path);
      if (!(await isDirectory(directory))) throw noDirectory(directory);
      return new OutputFile(directory, await PartialFile.create(directory, NAME));
    } catch (error) {
      throw error instanceof BackupError ? error : cannotBeWritten(path, error);
    }
  }

  /**
   * @param path as it was prepared, or a file in the prepared directory
   * @throws BackupError `WRONG_USAGE` when the file was created in the meantime, `ARCHIVE_FAILED`; what the content throws
   */
  async write(path: string, content: Readable): Promise<void> {
    try {
      await this.partial.fill(content);
      await publish(this.partial.path, path);
      await syncDirectory(this.directory);
    } catch (error) {
      const { code, syscall, path: place } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw exists(path);
      // Everything else comes from the content.
      const isOfFile = place === this.partial.path || syscall === 'write' || syscall === 'fsync';
      throw isOfFile ? cannotBeWritten(path, error) : error;
    }
  }

  /** Must always be called at the end. */
  async close(): Promise<void> {
    await this.partial.discard();
  }
}

/** Where the archive goes that `-o` names. @throws BackupError `WRONG_USAGE` for the name of a directory */
export function outputPath(output: string): string {
  if (output === '' || output.endsWith('/') || output.endsWith(sep)) {
    throw wrongUsage(`-o names a directory, "${resolve(output)}"`, 'Name a file in it, one that does not exist yet.');
  }
  return resolve(output);
}

/** Never over another file: `rename` would replace it, so that is checked last, one call before. */
async function publish(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    if (await isThere(path)) throw exists(path);
    await rename(partial, path);
  }
}

async function refuseTaken(path: string): Promise<void> {
  if (await isDirectory(path)) {
    throw wrongUsage(`"${path}" is a directory`, 'Name a file in it with -o, one that does not exist yet.');
  }
  if (await isThere(path)) throw exists(path);
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function exists(path: string): BackupError {
  return wrongUsage(`"${path}" already exists`, 'Choose another name with -o, or remove it.');
}

function noDirectory(path: string): BackupError {
  return wrongUsage(`there is no directory "${path}"`, 'Create it, or choose another place with -o.');
}

function cannotBeWritten(path: string, cause: unknown): BackupError {
  return archiveFailed(`"${path}" cannot be written (${(cause as NodeJS.ErrnoException).code})`, cause);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
