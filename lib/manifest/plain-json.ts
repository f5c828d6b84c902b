import { archiveInvalid } from '../errors/archive-errors.js';
import { hasPlainStructure } from '../support/json-structure.js';

/**
 * Parses one of the archive's own JSON texts. Whatever it contains, that takes no more than about ten times its size.
 * @throws BackupError `ARCHIVE_INVALID`, without the content
 */
export function parsePlainJson(text: string, name: string): unknown {
  const room = 1000 + Math.floor(text.length / 8);
  if (!hasPlainStructure(text, { depth: 16, containers: room, values: room })) {
    throw archiveInvalid(`${name} has more structure than any backup writes`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw archiveInvalid(`${name} is not valid JSON`);
  }
}
