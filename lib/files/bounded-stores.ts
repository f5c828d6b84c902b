import { type DataDirectory, isStore } from './data-directory.js';
import { BoundedStore } from './store/bounded-store.js';

/** The same data directories; those in stores of files leave no call unanswered for longer than `timeout` milliseconds. */
export function boundStores(directories: readonly DataDirectory[], timeout: number): DataDirectory[] {
  return directories.map((directory) =>
    isStore(directory) ? { ...directory, store: new BoundedStore(directory.store, timeout) } : directory,
  );
}

/** The same data directories; those in stores of files give up as soon as a signal is aborted. */
export function storesUntil(directories: readonly DataDirectory[], signal: AbortSignal): DataDirectory[] {
  return directories.map((directory) =>
    isStore(directory) && directory.store instanceof BoundedStore
      ? { ...directory, store: directory.store.until(signal) }
      : directory,
  );
}
