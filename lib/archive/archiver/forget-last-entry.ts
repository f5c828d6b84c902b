import type { Archiver } from 'archiver';
import { zipEngine } from './internals.js';

/**
 * Removes the entry just written from the ZIP's central directory, so that no reader finds half a file under its name.
 * archiver has no public way to do this; its engine's list is used, and only when it looks as expected.
 * @returns false when the list is not where it should be: the archive must then be aborted
 */
export function forgetLastEntry(archive: Archiver, name: string): boolean {
  const { _entries: entries } = zipEngine(archive);
  if (entries?.at?.(-1)?.getName?.() !== name) return false;
  entries.pop();
  return true;
}
