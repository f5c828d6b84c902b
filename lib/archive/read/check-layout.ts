import { setImmediate } from 'node:timers/promises';
import { archiveInvalid, overLimit } from '../../errors/archive-errors.js';
import { displayName } from '../../support/visible-text.js';
import { DATABASE_ENTRY, MANIFEST_ENTRY, MIGRATIONS_ENTRY, VERSION_ENTRY } from '../entry-names.js';
import type { EntryTable } from './entry-table.js';

const HEADER_BYTES = 30;
const FIRST = [VERSION_ENTRY, MIGRATIONS_ENTRY, DATABASE_ENTRY];
const ENTRIES_AT_A_TIME = 5000;

/**
 * Checks what shows only when all entries are known: that the archive's own entries are in the right place, that no
 * entry overlaps the next according to the central directory, and that no file is used as a directory.
 * @param end where the ZIP's central directory starts
 * @throws BackupError `ARCHIVE_INVALID`
 */
export async function checkLayout(table: EntryTable, end: number, expandedBytes: number): Promise<void> {
  checkOwnEntries(table);
  let last = 0;
  let total = 0;
  for (let index = 0; index < table.length; index++) {
    if (index % ENTRIES_AT_A_TIME === 0) await setImmediate();
    const { name, isDirectory, offset, compressedSize, size } = table.entry(index);
    const refuse = (problem: string) => archiveInvalid(`its entry ${displayName(name)} ${problem}`);
    if (offset < last) throw refuse('overlaps the one before it, or is not in the order of the ZIP’s directory');
    if (index === 0 && offset > 0) throw refuse('is not at the start of the archive: other bytes precede it');
    last = offset + HEADER_BYTES + table.nameBytes(index).length + (isDirectory ? 1 : 0) + compressedSize;
    if (last > end) throw refuse('extends beyond the end of the archive’s entries');
    total += size;
    if (total > expandedBytes) {
      const problem = `its entry ${displayName(name)} makes the content larger than the limit of ${expandedBytes} bytes`;
      throw overLimit(problem, 'expandedBytes');
    }
    const file = table.fileAbove(index);
    if (file !== undefined) throw refuse(`lies below ${displayName(file)}, which is a file`);
  }
}

function checkOwnEntries(table: EntryTable): void {
  if (!table.find(MANIFEST_ENTRY)) {
    throw archiveInvalid(`it is incomplete: "${MANIFEST_ENTRY}", which is written last, is missing`);
  }
  [...FIRST, MANIFEST_ENTRY].forEach((name, place) => {
    const entry = table.find(name);
    if (!entry) throw archiveInvalid(`it is incomplete: "${name}" is missing`);
    if (entry.isDirectory) throw archiveInvalid(`its entry "${name}" is a directory`);
    const expected = name === MANIFEST_ENTRY ? table.length - 1 : place;
    if (entry.index === expected) return;
    throw archiveInvalid(`"${name}" is its entry ${entry.index + 1}, but should be entry ${expected + 1}`);
  });
}
