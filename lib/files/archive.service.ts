import { Injectable } from '@nestjs/common';
import { opendir } from 'node:fs/promises';
import { directoryUnreadable } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { addDataDirectory, type DirectoryReport } from './read/add-data-directory.js';
import { addLocalDirectory } from './read/add-local-directory.js';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { type DataDirectory, isStore } from './data-directory.js';
import { listFiles } from './store/list-files.js';
import { openObjects } from './store/open-objects.js';
import { walkStore } from './store/walk-store.js';

/** ZIP archives, and the data directories that go into them. */
@Injectable()
export class ArchiveService {
  /** Begins an archive. @param level deflate level, 0 (stored) to 9 */
  createWriter(level: number): ArchiveWriter {
    return new ArchiveWriter(level);
  }

  /**
   * Tries each directory before anything is written.
   * @throws BackupError `DIRECTORY_UNREADABLE`
   */
  async checkDirectories(directories: readonly DataDirectory[]): Promise<void> {
    for (const directory of directories) {
      try {
        if (isStore(directory)) for await (const first of listFiles(directory)) if (first) break;
        if (!isStore(directory)) await (await opendir(directory.path)).close();
      } catch (cause) {
        throw cause instanceof BackupError ? cause : directoryUnreadable(directory.name, cause);
      }
    }
  }

  /**
   * Adds every file and directory of a data directory to an archive.
   * @param onProgress called with the size of each file in bytes, after it
   * @param left absolute paths, without links, of files that are not opened; they are named in the warnings
   * @param onPart called while a file is read piece by piece, with the bytes that were read of it so far
   * @throws BackupError `DIRECTORY_UNREADABLE` when the directory itself cannot be read
   */
  async addDirectory(
    writer: ArchiveWriter,
    directory: DataDirectory,
    onProgress?: (bytes: number) => void,
    left: readonly string[] = [],
    onPart?: (bytes: number) => void,
  ): Promise<DirectoryReport> {
    const { name } = directory;
    const listener = { onFile: onProgress, onPart };
    if (isStore(directory)) {
      return addDataDirectory(writer, name, openObjects(directory.store, walkStore(directory)), listener);
    }
    try {
      return await addLocalDirectory(writer, directory, new Set(left), listener);
    } catch (error) {
      // The archive's own end, a client's broken connection say, may be a system error too.
      const { syscall } = error as NodeJS.ErrnoException;
      throw ['opendir', 'scandir', 'realpath', 'lstat'].includes(syscall ?? '')
        ? directoryUnreadable(name, error)
        : error;
    }
  }
}
