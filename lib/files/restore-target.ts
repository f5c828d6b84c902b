import { unsafeName } from '../archive/entry-names.js';

const MAX_NAMES = 100;

/** What an archive records about an entry besides its content. */
export interface StagedAttributes {
  /** Unix permission bits. Set-user-id is dropped; set-group-id and sticky are kept for directories only. */
  readonly mode: number;
  readonly modified: Date;
  /** The same in milliseconds, with a fraction down to the microsecond. */
  readonly mtimeMs?: number;
}

/** All of a small file's content, or the chunks of any other's. */
export type StagedContent = Buffer | AsyncIterable<Buffer>;

/**
 * Where one restore's files go: all of them or none, even when the process is killed. To be used under the backup lock,
 * in the order of the methods; `abandon` is possible until `swap`.
 */
export interface RestoreTarget {
  /** What was kept of the application's own files: the paths where it is now. */
  readonly kept: { readonly paths: readonly string[] };
  /** What could not be restored exactly as the archive has it. */
  readonly warnings: readonly string[];

  /** Removes what an earlier restore has left, and checks in advance what can be checked. */
  prepare(): Promise<void>;
  /** The content of a small file may be written some time later; that it could not is thrown by `seal` at the latest. */
  addFile(name: string, relative: string, content: StagedContent, attributes: StagedAttributes): Promise<void>;
  /** Called for each directory of the archive before anything below it; older archives list empty directories only. */
  addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void>;
  /** The last step before the database commits: everything is durably staged, and a journal says so. */
  seal(): Promise<void>;
  /** The database has committed: puts the new files in place. */
  swap(): Promise<void>;
  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, last of all but the journals; without those it would never be looked for
   */
  discardOld(forget: () => Promise<void>): Promise<void>;
  /** Removes what is staged, once the database has said that it did not commit, or before it was asked to. */
  abandon(): Promise<void>;
}

/**
 * What was kept of the application's own files where the new files left no place for them; only the first are listed.
 */
export class PreservedPaths {
  private seen = 0;
  private readonly listed: string[] = [];

  add(path: Buffer): void {
    this.seen++;
    if (this.listed.length < MAX_NAMES) this.listed.push(path.toString());
  }

  get count(): number {
    return this.seen;
  }

  get paths(): readonly string[] {
    return this.listed;
  }
}

/**
 * Paths of which a backup lacks something, including everything below them except what the archive holds; '' is the
 * directory itself.
 */
export type UnsavedPaths = ReadonlySet<string>;

/**
 * What a backup lacks, by data directory.
 * @param skipped as in its manifest: paths that start with the name of a data directory
 */
export function unsavedPaths(skipped: ReadonlyArray<{ readonly path: string }>): ReadonlyMap<string, UnsavedPaths> {
  const found = new Map<string, Set<string>>();
  for (const { path } of skipped) {
    // Names that no archive can hold are recognised as such and need not be listed.
    if (unsafeName(path) !== undefined) continue;
    const slash = path.indexOf('/');
    const directory = slash < 0 ? path : path.slice(0, slash);
    const paths = found.get(directory) ?? new Set();
    found.set(directory, paths.add(slash < 0 ? '' : path.slice(slash + 1)));
  }
  return found;
}

/** A path and all of its parents, starting with the directory itself, which is ''. */
export function* pathsTo(relative: string): Generator<string> {
  yield '';
  if (relative === '') return;
  for (let end = relative.indexOf('/'); end !== -1; end = relative.indexOf('/', end + 1)) yield relative.slice(0, end);
  yield relative;
}
