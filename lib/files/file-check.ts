/** What is known about a file or directory at one moment. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly nlink: number;
}

/**
 * Whether a file was changed so recently that its next change might leave it with the same times: a kernel advances its
 * clock every few milliseconds, some filesystems only every second or two. An empty file is given more time, because a
 * program that rewrites a file truncates it first.
 *
 * Wherever a file is read, this function and `isUnchanged` alone decide whether what was read is one state of it. Both
 * also run from their source text on a thread of their own, so they must not use anything outside themselves.
 *
 * @param now in milliseconds since 1970
 */
export function isRecent({ size, mtimeMs, ctimeMs, nlink }: FileState, now: number): boolean {
  // Losing its last name changes a file's ctime, but not its content.
  const changed = nlink === 0 ? mtimeMs : ctimeMs;
  const hasCoarseClock = changed % 1000 === 0;
  const within = hasCoarseClock ? 2100 : size === 0 ? 1000 : 20;
  return Math.abs(now - changed) < within;
}

/** Whether a file that was not recently changed is still the same; losing a name in the meantime does not count. */
export function isUnchanged(before: FileState, after: FileState): boolean {
  return (
    after.size === before.size &&
    after.mtimeMs === before.mtimeMs &&
    (after.ctimeMs === before.ctimeMs || after.nlink < before.nlink)
  );
}
