import type { RestoreTarget, StagedContent } from '../files/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import { ContentCheck } from './read/check-contents.js';
import type { DataEntry } from './read/check-entries.js';
import type { OpenedArchive } from './read/open-archive.js';

/** Files up to this size are read as a whole, in bytes. */
const SMALL_BYTES = 64 * 1024;
/** Progress within a file is reported from this size up; there are many smaller ones. */
const LARGE_BYTES = 1024 * 1024;

/** Receives the progress: after each file, and after each piece of a large one. */
export interface StageListener {
  onFile(directory: string, bytes: number): void;
  onPart(directory: string, bytes: number): void;
}

/**
 * Writes every file of the archive to staging, beside its final place.
 * @throws BackupError `ARCHIVE_INVALID`, also when all are written and they are not what the manifest digests
 */
export async function stageFiles(
  archive: OpenedArchive,
  directories: readonly DataDirectory[],
  staged: RestoreTarget,
  listener: StageListener,
): Promise<void> {
  const wanted = new Set(directories.map(({ name }) => name));
  const check = new ContentCheck(archive.manifest, archive.dataEntries(), wanted);
  for (const one of archive.dataEntries()) {
    const { directory, relative, entry } = one;
    if (!wanted.has(directory)) continue;
    const { isDirectory, modified, mtimeMs, mode = isDirectory ? 0o755 : 0o644 } = entry;
    const attributes = { mode, modified, mtimeMs };
    if (isDirectory) {
      // The data directory itself exists and stays as it is.
      if (relative !== '') await staged.addDirectory(directory, relative, attributes);
    } else {
      await staged.addFile(directory, relative, await contentOf(archive, one, check, listener), attributes);
      listener.onFile(directory, entry.size);
    }
  }
  check.finish();
}

async function contentOf(
  archive: OpenedArchive,
  one: DataEntry,
  check: ContentCheck,
  listener: StageListener,
): Promise<StagedContent> {
  const { entry, directory } = one;
  if (entry.size <= SMALL_BYTES) return check.ofBytes(one, await archive.bytes(entry));
  const chunks = check.of(one, archive.chunks(entry));
  return entry.size < LARGE_BYTES ? chunks : passing(chunks, (bytes) => listener.onPart(directory, bytes));
}

async function* passing(chunks: AsyncIterable<Buffer>, onPassed: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    onPassed(chunk.length);
  }
}
