import { opendir } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { directoryUnreadable } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { type DataDirectory, isStore } from './data-directory.js';
import { addDataDirectory } from './read/add-data-directory.js';
import { addLocalDirectory } from './read/add-local-directory.js';
import type { DirectoryReport } from './read/directory-report.js';
import { listFiles } from './store/list-files.js';
import { openObjects } from './store/open-objects.js';
import { walkStore } from './store/walk-store.js';

/** ZIP archives, and the data directories saved in them. */
@Injectable()
export class ArchiveService {
  /**
   * Starts an archive.
   * @param level of the compression, 0 (stored) to 9 or, with zstd, 19
   * @param digestsFiles whether the content of files is digested, as a signature needs it
   * @throws BackupError `ARCHIVE_FAILED` when this Node has no zstd
   */
  createWriter(level: number, compression: 'deflate' | 'zstd' = 'deflate', digestsFiles = false): ArchiveWriter {
    return new ArchiveWriter(level, compression, digestsFiles);
  }

  /**
   * Checks every directory before anything is written.
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
   * @param onProgress called after each file with its size in bytes
   * @param left absolute paths, without links, of files that are not opened; they are named in the warnings
   * @param onPart called while a file is read in pieces, with the number of its bytes read so far
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
      // A failure of the archive's own output, such as a lost client connection, may be a system error too.
      const { syscall } = error as NodeJS.ErrnoException;
      throw ['opendir', 'scandir', 'realpath', 'lstat'].includes(syscall ?? '')
        ? directoryUnreadable(name, error)
        : error;
    }
  }
}
