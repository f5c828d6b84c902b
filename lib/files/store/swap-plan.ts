import type { StoreDirectory } from '../data-directory.js';
import { pathsTo, type UnsavedPaths } from '../restore-target.js';
import { damagedStaging, unsuitable } from '../staging-errors.js';
import type { FileStore, ListedFile } from './file-store.js';
import { listFiles } from './list-files.js';
import { mergeJoin } from './merge-join.js';
import { type ObjectLayout, ownAttributes, placeOf } from './object-layout.js';
import { wholeContent } from './open-objects.js';
import { putStream } from './put-stream.js';

/** A path that the restore brings, or found when it was sealed. */
export interface PlannedFile {
  readonly path: string;
  readonly isNew: boolean;
  /** The state of the file that was there, to tell whether it has been written since; absent when there was none. */
  readonly old?: string;
  /** The restore leaves it alone, since the backup lacks it. */
  readonly isUnsaved?: boolean;
}

/** The plan's totals, for comparison with what was staged. */
export interface PlannedSums {
  files: number;
  bytes: number;
}

/** Distinguishes states of a file. */
export function stateOf({ bytes, modified, version = '' }: ListedFile): string {
  return `${bytes} ${modified.toISOString()} ${version}`;
}

/**
 * Records what is staged and what exists, ordered by path, one line of JSON each with an empty line at the end. What
 * exists by then and is not in the archive will be deleted; what the application creates later is not in the plan.
 * @throws BackupError `RESTORE_REFUSED` when something exists and may not be replaced
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
        throw unsuitable(
          { name },
          `is not empty: it holds "${path}"`,
          'Empty it, or use --replace (in code replace: true).',
        );
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

/** Reads what `writePlan` recorded. */
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
  throw damagedStaging(placeOf(store, plan), 'is truncated');
}
