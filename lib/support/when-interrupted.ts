/** Shared by all copies of this library in the process. */
const CLEANUPS = Symbol.for('nestjs-backup:when-interrupted');
const shared = globalThis as { [CLEANUPS]?: Set<() => void> };

/**
 * Registers a clean-up for when a process of the library's own ends before its work is over: by a signal, or because
 * something calls exit. It is not awaited, so it must be synchronous; it should not throw.
 * @returns a function to call when it is no longer needed
 */
export function whenInterrupted(cleanUp: () => void): () => void {
  const cleanups = (shared[CLEANUPS] ??= new Set());
  cleanups.add(cleanUp);
  return () => void cleanups.delete(cleanUp);
}

/** An application has signal handlers of its own, and decides when it ends: only the command line calls this. */
export function cleanUp(): void {
  for (const one of shared[CLEANUPS] ?? []) attempt(one);
  shared[CLEANUPS]?.clear();
}

function attempt(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    // The process ends anyway, and the next run removes what it can.
  }
}
