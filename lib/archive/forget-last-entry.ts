import type { Archiver } from 'archiver';
import { zipEngine } from './archiver7-engine.js';

/**
 * Leaves the entry that was just written out of the ZIP's central directory, so that no reader finds half a file under
 * its name. archiver has no public way; its engine's list is used, and only when it looks as expected.
 * @returns false when the list is not where it was: the archive must then be broken off
 */
export function forgetLastEntry(archive: Archiver, name: string): boolean {
  const { _entries: entries } = zipEngine(archive);
  if (entries?.at?.(-1)?.getName?.() !== name) return false;
  entries.pop();
  return true;
}
