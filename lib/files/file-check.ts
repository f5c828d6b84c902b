/** What is known of a file or directory at one moment. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly nlink: number;
}

/**
 * Whether a file was changed so shortly ago that its next change might leave it with the same times: a kernel moves its
 * clock on every few milliseconds, some filesystems every second or two. An empty one is given more time, because
 * whoever rewrites a file empties it first.
 *
 * This and `isUnchanged` are all that decides whether what was read of a file is one state of it, wherever it is read.
 * Both are also run from their own text on a thread of its own, and so use nothing from outside of themselves.
 *
 * @param now in milliseconds since 1970
 */
export function isRecent({ size, mtimeMs, ctimeMs, nlink }: FileState, now: number): boolean {
  // Losing its last name is a change of the file, but none that anybody has written.
  const changed = nlink === 0 ? mtimeMs : ctimeMs;
  const hasCoarseClock = changed % 1000 === 0;
  const within = hasCoarseClock ? 2100 : size === 0 ? 1000 : 20;
  return Math.abs(now - changed) < within;
}

/** Whether a file that was not recently changed is still as it was; that it lost a name meanwhile does not count. */
export function isUnchanged(before: FileState, after: FileState): boolean {
  return (
    after.size === before.size &&
    after.mtimeMs === before.mtimeMs &&
    (after.ctimeMs === before.ctimeMs || after.nlink < before.nlink)
  );
}
