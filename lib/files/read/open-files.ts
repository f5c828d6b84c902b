import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prepared, PreparedGroup } from './add-data-directory.js';
import { readAhead } from './read-ahead.js';
import { FileChangedError, openFile } from './read-file.js';
import { FILES_AT_A_TIME, SmallFileReader } from './small-files.js';
import type { FoundEntry } from './walk-directory.js';

type Opened = Prepared<FoundEntry>;
type Group = PreparedGroup<FoundEntry>;

/** Few enough that the application's own file and DNS calls find a free thread in Node's pool of four. */
const FILES_AHEAD = 3;
/** One is read while the other is consumed. */
const BATCHES = 2;
/** So many files are opened one by one first: a few are not worth a thread. */
const FILES_BEFORE = 64;
/** An empty file is looked at again so much later. */
const LATER_MS = 1000;
const LOOKS = 5;
/** Empty files, each of which takes about 300 bytes. */
const MOST_HELD = 20_000;

/**
 * Opens entries ahead of time: small files many at once, on a separate thread. Empty ones come last.
 * @param digests whether that thread also digests them
 */
export function openFiles(found: AsyncIterable<readonly FoundEntry[]>, digests = false): AsyncIterable<Group> {
  return lookAgainWhenEmpty(readAhead(smallFiles(found, digests), FILES_AHEAD, prepareGroup, discard), prepare);
}

async function* smallFiles(found: AsyncIterable<readonly FoundEntry[]>, digests: boolean): AsyncGenerator<Group> {
  let reader: SmallFileReader | undefined;
  const start = () => (reader ??= new SmallFileReader(digests));
  const read = async (batch: readonly FoundEntry[]): Promise<readonly Group[]> => {
    if (batch.length === 1) return [[{ found: batch[0]! }]];
    const files = await start().read(batch.filter(isFile).map(({ path }) => path));
    let next = 0;
    return grouped(batch.map((entry) => ({ found: entry, file: isFile(entry) ? files[next++] : undefined })));
  };
  try {
    for await (const groups of readAhead(inBatches(found, start), BATCHES, read, async () => {})) yield* groups;
  } finally {
    await reader?.close();
  }
}

/** @param start called when there are so many that a thread is worth it, and some time before the first batch */
async function* inBatches(
  found: AsyncIterable<readonly FoundEntry[]>,
  start: () => void,
): AsyncGenerator<readonly FoundEntry[]> {
  let batch: FoundEntry[] = [];
  let seen = 0;
  for await (const group of found) {
    if (seen < FILES_BEFORE && seen + group.length > FILES_BEFORE) start();
    for (const entry of group) {
      batch.push(entry);
      if (seen++ >= FILES_BEFORE && batch.length < FILES_AT_A_TIME) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Keeps together what was read, in its order among the rest. */
function grouped(batch: readonly Opened[]): readonly Group[] {
  const groups: Opened[][] = [];
  let isOpen = false;
  for (const one of batch) {
    if (isOpen && one.file) groups.at(-1)!.push(one);
    else groups.push([one]);
    isOpen = one.file !== undefined;
  }
  return groups;
}

function isFile({ kind }: FoundEntry): boolean {
  return kind === 'file';
}

async function prepareGroup(group: Group): Promise<Group> {
  return group.length === 1 ? [await prepare(group[0]!)] : group;
}

async function prepare({ found, file }: Opened): Promise<Opened> {
  if (file || found.kind !== 'file') return { found, file };
  try {
    return { found, file: await openFile(found.path) };
  } catch (error) {
    return { found, error };
  }
}

async function discard(group: Group): Promise<void> {
  for (const { file } of group) if (file && 'chunks' in file.content) await file.content.close();
}

/**
 * Passes on what was opened, with empty files last. A file found empty may be about to be rewritten, and its times may
 * not show it: ext4 truncates a file before it sets its times, and may wait for its journal in between. So an empty
 * file is checked once more, some time later, and counts if it is still the same.
 * @param open reopens what has changed
 */
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
    for await (const { one, stats } of readAhead(each(seen), FILES_AHEAD, statsOf, async () => {})) {
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
