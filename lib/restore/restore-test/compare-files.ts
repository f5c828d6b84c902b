import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { restoreTestFailed } from '../../errors/restore-test-errors.js';
import type { LocalDirectory } from '../../files/data-directory.js';
import { walkDirectory } from '../../files/read/walk-directory.js';
import type { DataEntry } from '../read/check-entries.js';
import type { OpenedArchive } from '../read/open-archive.js';

/**
 * Reads every restored file and compares it with the archive's central directory: size, checksum, and that there are no
 * other files.
 * @throws BackupError `RESTORE_TEST_FAILED`, naming the file
 */
export async function compareFiles(
  archive: OpenedArchive,
  directories: readonly LocalDirectory[],
  signal: AbortSignal,
  onRead: (directory: string, bytes: number) => void = () => {},
): Promise<void> {
  const paths = new Map(directories.map(({ name, path }) => [name, path]));
  for (const entry of archive.dataEntries()) {
    const path = paths.get(entry.directory);
    if (path === undefined) continue;
    signal.throwIfAborted();
    const onPart = (bytes: number) => onRead(entry.directory, bytes);
    if (!(await isThere(entry, join(path, entry.relative), onPart))) {
      throw restoreTestFailed(`the file ${JSON.stringify(entry.entry.name)} did not come back as it was`);
    }
  }
  for (const { name, path } of directories) {
    const [count, expected] = [await countFiles(path), archive.manifest.files[name]!.count];
    if (count === expected) continue;
    throw restoreTestFailed(`the data directory "${name}" came back with ${count} files instead of ${expected}`);
  }
}

async function isThere({ entry }: DataEntry, path: string, onPart: (bytes: number) => void): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) return false;
  if (entry.isDirectory) return stats.isDirectory();
  if (!stats.isFile() || stats.size !== entry.size) return false;
  let crc = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    crc = crc32(chunk, crc);
    onPart(chunk.length);
  }
  return crc === entry.crc;
}

async function countFiles(path: string): Promise<number> {
  let count = 0;
  for await (const group of walkDirectory(path)) {
    for (const { kind } of group) if (kind !== 'directory') count++;
  }
  return count;
}
