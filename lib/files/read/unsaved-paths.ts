import { unsafeName } from '../../archive/entry-names.js';

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
