import { STAGING_NAME } from '../../archive/entry-names.js';
import { directoryUnreadable } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import type { StoreDirectory } from '../data-directory.js';
import type { ListedFile } from './file-store.js';

/** The order in which stores list: by bytes. */
export function comparePaths(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/**
 * The files of a store whose paths start with `below`, without that prefix. Excludes what a restore keeps there, and
 * the marker of the location itself.
 * @throws BackupError `DIRECTORY_UNREADABLE`
 */
export async function* listFiles({ name, store }: StoreDirectory, below = ''): AsyncGenerator<ListedFile> {
  let last: string | undefined;
  try {
    for await (const file of store.list(below)) {
      const path = file.path.slice(below.length);
      // Comparing two lists would otherwise take files for missing.
      if (last !== undefined && comparePaths(last, path) >= 0) {
        throw new Error(`${store.location} does not list its files in order`);
      }
      last = path;
      if (path === '' && file.bytes === 0) continue;
      if (below === '' && path.startsWith(`${STAGING_NAME}/`)) continue;
      yield { ...file, path };
    }
  } catch (cause) {
    throw cause instanceof BackupError ? cause : directoryUnreadable(name, cause);
  }
}
