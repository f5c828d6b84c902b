/** The same for every copy of this library in the process. */
const CLEANUPS = Symbol.for('nestjs-backup:when-interrupted');
const shared = globalThis as { [CLEANUPS]?: Set<() => void> };

/** Those that end a process at once, unless it says otherwise. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Something to be done when a signal ends this process before the work that needs it is over. Nobody waits for it, so it
 * must be synchronous; it should not throw.
 * @returns what to call when it is no longer needed
 */
export function whenInterrupted(cleanUp: () => void): () => void {
  const cleanups = (shared[CLEANUPS] ??= new Set());
  cleanups.add(cleanUp);
  return () => void cleanups.delete(cleanUp);
}

/** For a process of the library's own: a host's process has signal handlers of its own, and decides when it ends. */
export function cleanUpWhenInterrupted(): void {
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      for (const cleanUp of shared[CLEANUPS] ?? []) attempt(cleanUp);
      // Ends as it would have without this, so that whoever waits for it sees the signal.
      process.kill(process.pid, signal);
    });
  }
}

function attempt(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    // The process ends all the same, and the next run removes what it can.
  }
}
