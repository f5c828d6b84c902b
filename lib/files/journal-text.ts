import { damagedStaging } from './staging-errors.js';
import { isRestoreId } from './work-name.js';

/** Without a database, as written by earlier versions. */
const WITHOUT_DATABASE = 1;
const VERSION = 2;

/** The restore that a journal describes. */
export interface Journal {
  readonly id: string;
  /** The identity of its database; undefined in version 1, which counts as any database's. */
  readonly database?: string;
}

/** The text of a restore's journal, wherever it is kept. */
export function journalText({ id, database }: Journal): string {
  const version = database === undefined ? WITHOUT_DATABASE : VERSION;
  return `${JSON.stringify({ version, id, database })}\n`;
}

/**
 * The restore that a journal names.
 * @throws BackupError naming its place when this version cannot have written it
 */
export function parseJournal(text: string, place: string): Journal {
  let content: { version?: unknown; id?: unknown; database?: unknown } | null;
  try {
    content = JSON.parse(text) as typeof content;
  } catch (cause) {
    throw damagedStaging(place, 'is damaged', cause);
  }
  const { version, id, database } = content ?? {};
  if (version !== VERSION && version !== WITHOUT_DATABASE) {
    throw damagedStaging(place, `has version ${JSON.stringify(version)}, which this version does not support`);
  }
  if (!isRestoreId(id)) throw damagedStaging(place, 'names no restore');
  if (version === WITHOUT_DATABASE) return { id };
  if (typeof database !== 'string' || database === '') throw damagedStaging(place, 'names no database');
  return { id, database };
}
