import { lookAgainWhenEmpty } from './look-again-when-empty.js';
import type { Prepared } from './prepared.js';
import { readAhead } from './read-ahead.js';
import { openFile } from './read-file.js';
import { BATCHES, FILES_AT_A_TIME, SmallFileReader } from './small-file-reader.js';
import type { FoundEntry } from './walk-directory.js';

/** Few enough that the application's own file and DNS calls find a free thread in Node's pool of four. */
const FILES_AHEAD = 3;

/** Opens entries ahead of time: small files many at once, on a separate thread. Empty ones come last. */
export function openFiles(found: AsyncIterable<FoundEntry>): AsyncIterable<Prepared> {
  return lookAgainWhenEmpty(readAhead(smallFiles(found), FILES_AHEAD, prepare, discard), prepare);
}

async function* smallFiles(found: AsyncIterable<FoundEntry>): AsyncGenerator<Prepared<FoundEntry>> {
  let reader: SmallFileReader | undefined;
  const read = async (batch: readonly FoundEntry[]): Promise<Array<Prepared<FoundEntry>>> => {
    if (batch.length < FILES_AT_A_TIME) return batch.map((entry) => ({ found: entry }));
    reader ??= new SmallFileReader();
    const files = batch.filter(({ kind }) => kind === 'file');
    const opened = await reader.read(files.map(({ path }) => path));
    const byEntry = new Map(files.map((entry, index) => [entry, opened[index]]));
    return batch.map((entry) => ({ found: entry, file: byEntry.get(entry) }));
  };
  try {
    for await (const batch of readAhead(inBatches(found), BATCHES, read, async () => {})) yield* batch;
  } finally {
    await reader?.close();
  }
}

/** Yields the first entries one by one: a few files are not worth a thread. */
async function* inBatches(found: AsyncIterable<FoundEntry>): AsyncGenerator<FoundEntry[]> {
  let batch: FoundEntry[] = [];
  let seen = 0;
  for await (const entry of found) {
    batch.push(entry);
    if (seen++ >= FILES_AT_A_TIME && batch.length < FILES_AT_A_TIME) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function prepare({ found, file }: Prepared<FoundEntry>): Promise<Prepared<FoundEntry>> {
  if (file || found.kind !== 'file') return { found, file };
  try {
    return { found, file: await openFile(found.path) };
  } catch (error) {
    return { found, error };
  }
}

async function discard({ file }: Prepared): Promise<void> {
  if (file && 'chunks' in file.content) await file.content.close();
}
