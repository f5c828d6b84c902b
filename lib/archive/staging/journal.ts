import { constants } from 'node:fs';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { journalText, parseJournal } from './journal-text.js';
import { damagedStaging, hasCode } from './staging-errors.js';
import { journalPath, type StagingLayout } from './staging-layout.js';
import { syncFolder } from './sync.js';

const MAX_BYTES = 64 * 1024;

/** Says that everything of the restore `id` is staged in this directory, and may be put in place once decided. */
export async function writeJournal(layout: StagingLayout, id: string): Promise<void> {
  const temporary = `${layout.journal}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(journalText(id));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, layout.journal);
  await syncFolder(layout.staging);
}

/**
 * The restore that a directory's journal names; undefined without a journal.
 * @throws BackupError naming the path when the journal is not one that this version has written
 */
export async function readJournal(top: string): Promise<string | undefined> {
  const path = journalPath(top);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return parseJournal(text, path);
}

/** When the directory was sealed, by the clock of its own filesystem. */
export async function sealedAt(layout: StagingLayout): Promise<number> {
  return (await stat(layout.journal)).mtimeMs;
}

export async function removeJournal(layout: StagingLayout): Promise<void> {
  await unlink(layout.journal).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP', 'EISDIR')) throw damagedStaging(path, 'is not a file', error);
    throw error;
  }
}
