import { Injectable } from '@nestjs/common';
import { opendir, realpath } from 'node:fs/promises';
import { BackupError } from '../backup.errors.js';
import { addDataDirectory, type DirectoryReport } from './add-data-directory.js';
import { ArchiveWriter } from './archive-writer.js';

/** A folder of the archive and the directory on disk that it stands for. */
export interface ArchivedDirectory {
  readonly name: string;
  readonly path: string;
}

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
  async checkDirectories(directories: readonly ArchivedDirectory[]): Promise<void> {
    for (const { name, path } of directories) {
      try {
        await (await opendir(path)).close();
      } catch (cause) {
        throw BackupError.directoryUnreadable(name, cause);
      }
    }
  }

  /**
   * Adds every file of a directory, and its empty directories, to an archive.
   * @param onProgress called with the size of each file in bytes, after it
   * @param left absolute paths, without links, of files that are not opened; they are named in the warnings
   * @throws BackupError `DIRECTORY_UNREADABLE` when the directory itself cannot be read
   */
  async addDirectory(
    writer: ArchiveWriter,
    { name, path }: ArchivedDirectory,
    onProgress?: (bytes: number) => void,
    left: readonly string[] = [],
  ): Promise<DirectoryReport> {
    try {
      return await addDataDirectory(writer, name, await realpath(path), onProgress, new Set(left));
    } catch (error) {
      // The archive's own end, a client's broken connection say, may be a system error too.
      const { syscall } = error as NodeJS.ErrnoException;
      throw ['opendir', 'scandir', 'realpath'].includes(syscall ?? '')
        ? BackupError.directoryUnreadable(name, error)
        : error;
    }
  }
}
