/**
 * A file found empty may be about to be rewritten, and its times may not show it: ext4 truncates a file before it sets
 * its times, and may wait for its journal in between. So an empty file is checked once more, some time later, and
 * counts if it is still the same.
 */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prepared, PreparedGroup } from './prepared.js';
import { readAhead } from './read-ahead.js';
import { FileChangedError } from './read-file.js';
import type { FoundEntry } from './walk-directory.js';

type Opened = Prepared<FoundEntry>;
type Group = PreparedGroup<FoundEntry>;

const LATER_MS = 1000;
const LOOKS = 5;
/** Each takes about 300 bytes. */
const MOST_HELD = 20_000;
const LOOKS_AHEAD = 3;

/** Passes on what was opened, with empty files last. @param open reopens what has changed */
export async function* lookAgainWhenEmpty(
  opened: AsyncIterable<Group>,
  open: (entry: Opened) => Promise<Opened>,
): AsyncGenerator<Group> {
  let held: Opened[] = [];
  for await (const group of opened) {
    // Several were read together, and none of them is empty.
    if (group.length > 1 || !isEmpty(group[0]!)) {
      yield group;
    } else if (held.push(group[0]!) === MOST_HELD) {
      yield* stillEmpty(held, open);
      held = [];
    }
  }
  yield* stillEmpty(held, open);
}

async function* stillEmpty(held: readonly Opened[], open: (entry: Opened) => Promise<Opened>): AsyncGenerator<Group> {
  let seen = held;
  for (let looks = 1; seen.length > 0; looks++) {
    await sleep(LATER_MS);
    const changed: Opened[] = [];
    for await (const { one, stats } of readAhead(each(seen), LOOKS_AHEAD, statsOf, async () => {})) {
      const { found } = one;
      const now = isAsBefore(one, stats) ? one : await open({ found });
      // It existed and was empty: a lock file, for example.
      if (isGone(now)) yield [one];
      else if (!isEmpty(now) || now.file?.details.ctimeMs === one.file?.details.ctimeMs) yield [now];
      else if (looks < LOOKS) changed.push(now);
      else yield [{ found, error: new FileChangedError('it was emptied every time it was read') }];
    }
    seen = changed;
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** If there are none, opening the file reports why. */
async function statsOf(one: Opened): Promise<{ one: Opened; stats?: Stats }> {
  return { one, stats: await lstat(one.found.path).catch(() => undefined) };
}

function isAsBefore({ file }: Opened, stats: Stats | undefined): boolean {
  return stats !== undefined && stats.size === 0 && stats.ctimeMs === file?.details.ctimeMs;
}

function isGone({ error }: Opened): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function isEmpty({ file }: Opened): boolean {
  return file !== undefined && 'bytes' in file.content && file.content.bytes.length === 0;
}
