/**
 * Files that are found empty may be about to be written anew, and their times need not say so: ext4 makes a file short
 * before it sets its times, and may wait for its journal in between. So what is empty is looked at once more, some time
 * later, and counts when it is still as it was.
 */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prepared } from './prepared.js';
import { readAhead } from './read-ahead.js';
import { FileChangedError } from './read-file.js';
import type { FoundEntry } from './walk-directory.js';

type Opened = Prepared<FoundEntry>;

const LATER_MS = 1000;
const LOOKS = 5;
/** Each takes some 300 bytes. */
const MOST_HELD = 20_000;
const LOOKS_AHEAD = 3;

/** Hands on what was opened; what is empty comes last. @param open opens anew what is no longer as it was */
export async function* lookAgainWhenEmpty(
  opened: AsyncIterable<Opened>,
  open: (entry: Opened) => Promise<Opened>,
): AsyncGenerator<Opened> {
  let held: Opened[] = [];
  for await (const one of opened) {
    if (!isEmpty(one)) yield one;
    else if (held.push(one) === MOST_HELD) {
      yield* stillEmpty(held, open);
      held = [];
    }
  }
  yield* stillEmpty(held, open);
}

async function* stillEmpty(held: readonly Opened[], open: (entry: Opened) => Promise<Opened>): AsyncGenerator<Opened> {
  let seen = held;
  for (let looks = 1; seen.length > 0; looks++) {
    await sleep(LATER_MS);
    const changed: Opened[] = [];
    for await (const { one, stats } of readAhead(each(seen), LOOKS_AHEAD, statsOf, async () => {})) {
      const { found } = one;
      const now = isAsBefore(one, stats) ? one : await open({ found });
      // It was there, and empty: a file that locks something, say.
      if (isGone(now)) yield one;
      else if (!isEmpty(now) || now.file?.details.ctimeMs === one.file?.details.ctimeMs) yield now;
      else if (looks < LOOKS) changed.push(now);
      else yield { found, error: new FileChangedError('it was emptied each time that it was read') };
    }
    seen = changed;
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** Opening it tells why there are none. */
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
