import { SYNCS_BY_PATH, syncFolder, syncPath } from '../../support/sync-path.js';
import { ConcurrencyLimiter } from '../concurrency-limiter.js';
import { hasCode } from '../staging-errors.js';
import { type Entry, entriesOf, joinBytes } from './folders.js';

/**
 * Makes sure that a staged tree survives a power cut. It is flushed as a whole at the end rather than file by file: by
 * then most of it has been written in the background, and on a filesystem with a single log the first call waits for
 * everything.
 */
export async function syncTree(root: string): Promise<void> {
  if (!SYNCS_BY_PATH) return; // Each file was flushed when it was written.
  const few = new ConcurrencyLimiter();
  try {
    const pending: Buffer[] = [Buffer.from(root)];
    for (let folder = pending.pop(); folder; folder = pending.pop()) {
      // What its owner may not read was flushed before that mode was set.
      for await (const entry of readable(folder)) {
        const path = joinBytes(folder, entry.name);
        if (entry.isDirectory()) pending.push(path);
        else await few.run(() => syncPath(path, 'EACCES'));
      }
      await syncFolder(folder);
    }
    await few.end();
  } finally {
    await few.settle();
  }
}

async function* readable(folder: Buffer): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(folder);
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
  }
}
