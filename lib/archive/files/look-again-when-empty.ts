/**
 * Files that are found empty may be about to be written anew, and their times need not say so: ext4 makes a file short
 * before it sets its times, and may wait for its journal in between. So what is empty is opened once more, some time
 * later, and counts when it is still as it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prepared } from './prepared.js';
import { FileChangedError } from './read-file.js';
import type { FoundEntry } from './walk-directory.js';

type Opened = Prepared<FoundEntry>;

const LATER_MS = 1000;
const LOOKS = 5;
/** Each takes some 300 bytes. */
const MOST_HELD = 20_000;

/** Hands on what was opened; what is empty comes last. */
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
    for (const { found, file: before } of seen) {
      const now = await open({ found });
      // It was there, and empty: a file that locks something, say.
      if (isGone(now)) yield { found, file: before };
      else if (!isEmpty(now) || now.file?.details.ctimeMs === before?.details.ctimeMs) yield now;
      else if (looks < LOOKS) changed.push(now);
      else yield { found, error: new FileChangedError('it was emptied each time that it was read') };
    }
    seen = changed;
  }
}

function isGone({ error }: Opened): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function isEmpty({ file }: Opened): boolean {
  return file !== undefined && 'bytes' in file.content && file.content.bytes.length === 0;
}
