import { type DataDirectory, isStore } from './data-directory.js';
import { BoundedStore } from './store/bounded-store.js';

/**
 * Returns the same data directories; those in file stores give up any call that stays unanswered for longer than
 * `timeout` milliseconds.
 */
export function boundStores(directories: readonly DataDirectory[], timeout: number): DataDirectory[] {
  return directories.map((directory) =>
    isStore(directory) ? { ...directory, store: new BoundedStore(directory.store, timeout) } : directory,
  );
}

/** Returns the same data directories; those in file stores give up as soon as the signal is aborted. */
export function storesUntil(directories: readonly DataDirectory[], signal: AbortSignal): DataDirectory[] {
  return directories.map((directory) =>
    isStore(directory) && directory.store instanceof BoundedStore
      ? { ...directory, store: directory.store.until(signal) }
      : directory,
  );
}
