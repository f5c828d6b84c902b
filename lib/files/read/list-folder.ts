import type { Dir, Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';

type Entry = Dirent<Buffer>;

/** Entries that one call of the system returns, as far as there are so many. */
const ENTRIES_AT_A_TIME = 64;

/**
 * The entries of a folder, in groups of up to 64: waiting for each would take longer than listing them. Names are
 * bytes, since a name that is not UTF-8 would not be found again by its string.
 * @throws the system's error, after what was listed before it
 */
export async function* listFolder(path: Buffer): AsyncGenerator<readonly Entry[]> {
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_AT_A_TIME };
  const folder = await opendir(path as unknown as string, options);
  try {
    for (let isEnd = false; !isEnd; ) {
      const group = await nextEntries(folder);
      isEnd = group.isEnd;
      if (group.entries.length > 0) yield group.entries;
      if (group.error) throw group.error;
    }
  } finally {
    await folder.close();
  }
}

interface Group {
  readonly entries: Entry[];
  readonly isEnd: boolean;
  readonly error?: Error;
}

/** With callbacks, because a promise for each entry is what takes the time. */
function nextEntries(folder: Dir): Promise<Group> {
  return new Promise((resolve) => {
    const entries: Entry[] = [];
    const take = (error: Error | null, entry: Dirent | null): void => {
      if (error) return resolve({ entries, isEnd: true, error });
      if (!entry) return resolve({ entries, isEnd: true });
      entries.push(entry as unknown as Entry);
      if (entries.length === ENTRIES_AT_A_TIME) return resolve({ entries, isEnd: false });
      folder.read(take);
    };
    folder.read(take);
  });
}
