import { lookAgainWhenEmpty } from './look-again-when-empty.js';
import type { Prepared, PreparedGroup } from './prepared.js';
import { readAhead } from './read-ahead.js';
import { openFile } from './read-file.js';
import { FILES_AT_A_TIME, SmallFileReader } from './small-file-reader.js';
import type { FoundEntry } from './walk-directory.js';

type Opened = Prepared<FoundEntry>;
type Group = PreparedGroup<FoundEntry>;

/** Few enough that the application's own file and DNS calls find a free thread in Node's pool of four. */
const FILES_AHEAD = 3;
/** One is read while the other is consumed. */
const BATCHES = 2;
/** So many files are opened one by one first: a few are not worth a thread. */
const FILES_BEFORE = 64;

/** Opens entries ahead of time: small files many at once, on a separate thread. Empty ones come last. */
export function openFiles(found: AsyncIterable<readonly FoundEntry[]>): AsyncIterable<Group> {
  return lookAgainWhenEmpty(readAhead(smallFiles(found), FILES_AHEAD, prepareGroup, discard), prepare);
}

async function* smallFiles(found: AsyncIterable<readonly FoundEntry[]>): AsyncGenerator<Group> {
  let reader: SmallFileReader | undefined;
  const start = () => (reader ??= new SmallFileReader());
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
