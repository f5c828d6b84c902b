import { damagedStaging } from './staging-errors.js';
import { isRestoreId } from './staging-layout.js';

const VERSION = 1;

/** The journal of the restore `id`, wherever it is kept. */
export function journalText(id: string): string {
  return `${JSON.stringify({ version: VERSION, id })}\n`;
}

/**
 * The restore that a journal names.
 * @throws BackupError naming its place when it is not one that this version has written
 */
export function parseJournal(text: string, place: string): string {
  let content: { version?: unknown; id?: unknown } | null;
  try {
    content = JSON.parse(text) as typeof content;
  } catch (cause) {
    throw damagedStaging(place, 'is damaged', cause);
  }
  if (content?.version !== VERSION) {
    throw damagedStaging(
      place,
      `has the version ${JSON.stringify(content?.version)}, which this version does not know`,
    );
  }
  if (!isRestoreId(content.id)) throw damagedStaging(place, 'names no restore');
  return content.id;
}
