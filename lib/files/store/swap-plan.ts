import type { FileStore, StoredFile } from './file-store.js';
import type { StoreDirectory } from '../data-directory.js';
import { damagedStaging, unsuitable } from '../local/staging-errors.js';
import { pathsTo, type UnsavedPaths } from '../read/unsaved-paths.js';
import { mergeJoin } from './merge-join.js';
import { listFiles } from './list-files.js';
import { type ObjectLayout, ownAttributes, placeOf } from './object-layout.js';
import { wholeContent } from './open-objects.js';
import { putStream } from './put-stream.js';

/** A path that the restore brings, or found when it was sealed. */
export interface PlannedFile {
  readonly path: string;
  readonly isNew: boolean;
  /** What tells whether the one that was there has been written since; absent when there was none. */
  readonly old?: string;
  /** That it is no business of the restore, since the backup lacks it. */
  readonly isUnsaved?: boolean;
}

/** What the plan counts, to be held against what was staged. */
export interface PlannedSums {
  files: number;
  bytes: number;
}

/** Tells one state of a file from another. */
export function stateOf({ bytes, modified, version = '' }: StoredFile): string {
  return `${bytes} ${modified.toISOString()} ${version}`;
}

/**
 * Writes down what is staged and what is there, in the order of the paths, a line of JSON each and an empty one in the end.
 * What is there by then, and not in the archive, is what goes; what the application makes later is not in it.
 * @throws BackupError `RESTORE_REFUSED` when something is there and may not be replaced
 */
export async function writePlan(
  directory: StoreDirectory,
  layout: ObjectLayout,
  replace: boolean,
  unsaved: UnsavedPaths = new Set(),
): Promise<PlannedSums> {
  const { name, store } = directory;
  const sums: PlannedSums = { files: 0, bytes: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const { path, one: fresh, other: old } of mergeJoin(
      listFiles(directory, layout.fresh),
      listFiles(directory),
    )) {
      if (old && !replace) {
        throw unsuitable({ name }, `is not empty: it holds "${path}"`, 'Empty it, or allow to replace.');
      }
      sums.files += fresh ? 1 : 0;
      sums.bytes += fresh?.bytes ?? 0;
      const isUnsaved = !fresh && [...pathsTo(path.replace(/\/$/, ''))].some((one) => unsaved.has(one));
      const line: PlannedFile = {
        path,
        isNew: fresh !== undefined,
        old: old && stateOf(old),
        ...(isUnsaved && { isUnsaved }),
      };
      yield `${JSON.stringify(line)}\n`;
    }
    yield '\n';
  }
  await putStream(store, layout.plan, lines(), ownAttributes(layout.plan));
  return sums;
}

/** What `writePlan` wrote. */
export async function* readPlan(store: FileStore, { plan }: ObjectLayout): AsyncGenerator<PlannedFile> {
  let rest = Buffer.alloc(0);
  for await (const chunk of wholeContent(await store.open(plan))) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
      if (end === start) return;
      yield JSON.parse(bytes.toString('utf8', start, end)) as PlannedFile;
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  }
  throw damagedStaging(placeOf(store, plan), 'is cut off');
}
