import type { RestoreTarget } from '../archive/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { OpenedArchive } from './read/open-archive.js';

/** Writes every file of the archive beside its place. @param onFile called after each file */
export async function stageFiles(
  archive: OpenedArchive,
  directories: readonly DataDirectory[],
  staged: RestoreTarget,
  onFile: (directory: string, bytes: number) => void,
): Promise<void> {
  const wanted = new Set(directories.map(({ name }) => name));
  for (const { directory, relative, entry } of archive.dataEntries()) {
    if (!wanted.has(directory)) continue;
    const { isDirectory, modified, mtimeMs, mode = isDirectory ? 0o755 : 0o644 } = entry;
    const attributes = { mode, modified, mtimeMs };
    if (isDirectory) {
      // The data directory itself is there, and stays what it is.
      if (relative !== '') await staged.addDirectory(directory, relative, attributes);
    } else {
      await staged.addFile(directory, relative, archive.chunks(entry), attributes);
      onFile(directory, entry.size);
    }
  }
}
