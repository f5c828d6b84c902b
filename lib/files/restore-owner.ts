/** Whose restore has left something: the name of its folder says so, and its journal, wherever they are kept. */
import { damagedStaging, type TargetDirectory, unsuitable } from './staging-errors.js';

const RESTORE_ID = /^[0-9a-zA-Z-]{8,64}$/;
const NAME = /^([0-9a-zA-Z-]{8,64})(?:\.([0-9a-f]*))?(?:\.([0-9a-f]+))?$/;
/** Without a database, as written by earlier versions. */
const WITHOUT_DATABASE = 1;
const VERSION = 2;

/**
 * The name of a restore's own folder identifies its owner: the restore's id, the database it restores, and the process
 * that has taken it over. All of that is established by a single `mkdir` and changed by a single `rename`, so there is
 * no moment without an owner.
 */
export interface WorkName {
  readonly id: string;
  /** The database's identity; folders of earlier versions have none and count as any database's. */
  readonly database?: string;
  /** Different for each process that has taken the restore over; none for the process that started it. */
  readonly claim?: string;
}

export function isRestoreId(id: unknown): id is string {
  return typeof id === 'string' && RESTORE_ID.test(id);
}

export function workName({ id, database = '', claim }: WorkName): string {
  if (claim !== undefined) return `${id}.${database}.${claim}`;
  return database === '' ? id : `${id}.${database}`;
}

/** Undefined for a name that no restore uses. */
export function parseWorkName(name: string): WorkName | undefined {
  const [, id, database, claim] = NAME.exec(name) ?? [];
  return id === undefined ? undefined : { id, database: database || undefined, claim };
}

/** Returns the identity of this database; undefined for one that was never restored. */
export type Identify = () => Promise<string | undefined>;

/** Whether something of a restore belongs to this database. Without a database it was left by an earlier version. */
export async function isOwn(database: string | undefined, identify: Identify = nobody): Promise<boolean> {
  return database === undefined || database === (await identify());
}

async function nobody(): Promise<undefined> {}

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

/** A restore interrupted after it was sealed, and the directories in which it is unfinished. */
export interface CutOff<Directory> extends Journal {
  readonly directories: readonly Directory[];
}

/** The restores named by journals, each once, in the order in which they are found. */
export async function byRestore<Directory>(
  directories: readonly Directory[],
  journalOf: (directory: Directory) => Promise<Journal | undefined>,
): Promise<Array<CutOff<Directory>>> {
  const found = new Map<string, Journal & { directories: Directory[] }>();
  for (const directory of directories) {
    const journal = await journalOf(directory);
    if (!journal) continue;
    const before = found.get(journal.id);
    if (before) before.directories.push(directory);
    else found.set(journal.id, { ...journal, directories: [directory] });
  }
  return [...found.values()];
}

/**
 * @throws BackupError `RESTORE_REFUSED` when one of them belongs to this database: it must be finished or undone first
 */
export async function refuseCutOff(
  restores: ReadonlyArray<CutOff<Pick<TargetDirectory, 'name'>>>,
  identify: Identify,
): Promise<void> {
  for (const { database, directories } of restores) {
    if (!(await isOwn(database, identify))) continue;
    const remedy = 'Start the application or the restore again: that finishes or undoes it first.';
    throw unsuitable(directories[0]!, 'holds an interrupted restore', remedy);
  }
}
