import type { Archiver } from 'archiver';
import { dosTime, timeFields } from '../entry-times.js';
import { LARGEST } from './entry-headers.js';
import { zipEngine } from './internals.js';

/** What archiver's own options cannot express about an entry. */
export interface EntryDescription {
  /** UNIX permission bits: archiver would drop set-group-id and sticky of directories. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/**
 * Gives each entry its exact times and all bits of its mode.
 * @param current describes the entry being added
 * @returns false when archiver's engine does not look as expected; entries then have what its own options can express
 */
export function describeEntries(archive: Archiver, current: () => EntryDescription): boolean {
  const engine = zipEngine(archive);
  const { _normalizeEntry: normalize, _writeCentralFileHeader: writeRecord } = engine;
  if (typeof normalize !== 'function' || typeof writeRecord !== 'function') return false;
  engine._normalizeEntry = (entry) => {
    normalize.call(engine, entry);
    const { mode, mtimeMs } = current();
    entry.setExtra(timeFields(mtimeMs));
    entry.setUnixMode(mode);
    entry.time = dosTime(mtimeMs);
  };
  engine._writeCentralFileHeader = (entry) => {
    const { extra, setExtra } = entry;
    // A large entry, or one far into the archive, gets a field for its size in the ZIP's central directory, which
    // replaces the existing ones.
    if (extra && (entry.isZip64() || entry._offsets.file > LARGEST)) {
      entry.setExtra = (fields) => setExtra.call(entry, Buffer.concat([fields, extra]));
    }
    writeRecord.call(engine, entry);
  };
  return true;
}
