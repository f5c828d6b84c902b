import type { RestoreTarget } from '../files/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { OpenedArchive } from './read/open-archive.js';

/** Files of which each piece is told; of smaller ones there are many. */
const LARGE_BYTES = 1024 * 1024;

/** Who wants to know how far it is: after each file, and after each piece of a large one. */
export interface StageListener {
  onFile(directory: string, bytes: number): void;
  onPart(directory: string, bytes: number): void;
}

/** Writes every file of the archive beside its place. */
export async function stageFiles(
  archive: OpenedArchive,
  directories: readonly DataDirectory[],
  staged: RestoreTarget,
  listener: StageListener,
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
      const chunks = archive.chunks(entry);
      const onPart = (bytes: number) => listener.onPart(directory, bytes);
      const content = entry.size < LARGE_BYTES ? chunks : passing(chunks, onPart);
      await staged.addFile(directory, relative, content, attributes);
      listener.onFile(directory, entry.size);
    }
  }
}

async function* passing(chunks: AsyncIterable<Buffer>, onPassed: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    onPassed(chunk.length);
  }
}
