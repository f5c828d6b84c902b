import type { RestoreTarget } from '../files/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { OpenedArchive } from './read/open-archive.js';

/** Progress within a file is reported from this size up; there are many smaller ones. */
const LARGE_BYTES = 1024 * 1024;

/** Receives the progress: after each file, and after each piece of a large one. */
export interface StageListener {
  onFile(directory: string, bytes: number): void;
  onPart(directory: string, bytes: number): void;
}

/** Writes every file of the archive to staging, beside its final place. */
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
      // The data directory itself exists and stays as it is.
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
