import { damagedStaging } from './staging-errors.js';
import { isRestoreId } from './staging-layout.js';

/** Without a database, as earlier versions wrote it. */
const WITHOUT_DATABASE = 1;
const VERSION = 2;

/** The restore that a journal speaks of. */
export interface Journal {
  readonly id: string;
  /** The identity of its database; undefined in one of version 1, which is everybody's. */
  readonly database?: string;
}

/** The journal of a restore, wherever it is kept. */
export function journalText({ id, database }: Journal): string {
  const version = database === undefined ? WITHOUT_DATABASE : VERSION;
  return `${JSON.stringify({ version, id, database })}\n`;
}

/**
 * The restore that a journal names.
 * @throws BackupError naming its place when it is not one that this version has written
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
    throw damagedStaging(place, `has the version ${JSON.stringify(version)}, which this version does not know`);
  }
  if (!isRestoreId(id)) throw damagedStaging(place, 'names no restore');
  if (version === WITHOUT_DATABASE) return { id };
  if (typeof database !== 'string' || database === '') throw damagedStaging(place, 'names no database');
  return { id, database };
}
