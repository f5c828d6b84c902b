/** The same for every copy of this library in the process. */
const CLEANUPS = Symbol.for('nestjs-backup:when-interrupted');
const shared = globalThis as { [CLEANUPS]?: Set<() => void> };

/**
 * Something to be done when a process of the library's own ends before the work that needs it is over: by a signal, or
 * because somebody ends it. Nobody waits for it, so it must be synchronous; it should not throw.
 * @returns what to call when it is no longer needed
 */
export function whenInterrupted(cleanUp: () => void): () => void {
  const cleanups = (shared[CLEANUPS] ??= new Set());
  cleanups.add(cleanUp);
  return () => void cleanups.delete(cleanUp);
}

/** A host's process has signal handlers of its own, and decides when it ends: only the command line calls this. */
export function cleanUp(): void {
  for (const one of shared[CLEANUPS] ?? []) attempt(one);
  shared[CLEANUPS]?.clear();
}

function attempt(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    // The process ends all the same, and the next run removes what it can.
  }
}
