import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

export function databaseUnavailable(cause: unknown): BackupError {
  const remedy = 'Check that it is running, then try again.';
  return new BackupError('DATABASE_UNAVAILABLE', 'The database does not answer.', { remedy, cause });
}

/**
 * What a server refuses, however often it is asked: a database that does not exist, one that this user has no access to,
 * this user; or a file that cannot be opened.
 */
export type Refused = 'database' | 'access' | 'user' | 'file';

const REFUSED: Readonly<Record<Refused, (name: string) => readonly [problem: string, remedy: string]>> = {
  database: (name) => [
    `The database${name} does not exist on its server.`,
    'Check its name in the connection settings, or create it.',
  ],
  access: (name) => [
    `The database${name} does not exist, or the user has no access to it.`,
    'Check its name in the connection settings, create it, or grant the user access to it.',
  ],
  user: (name) => [
    `The database server refused the user${name}.`,
    'Check the user and the credentials in the connection settings.',
  ],
  file: (name) => [
    `The database file${name} cannot be opened.`,
    'Check its path in the connection settings, and its permissions.',
  ],
};

/** @param name of what is refused; may be empty where nothing tells it */
export function databaseRefused(what: Refused, name: string, cause: unknown): BackupError {
  const [problem, remedy] = REFUSED[what](name === '' ? '' : ` "${name}"`);
  return new BackupError('DATABASE_UNAVAILABLE', problem, { remedy, cause });
}

export function databaseBusy(what: string, cause?: unknown): BackupError {
  const remedy = 'Try again later.';
  return new BackupError('DATABASE_BUSY', `${what} stayed locked by the application.`, { remedy, cause });
}

export function databaseFailed(what: string, cause?: unknown): BackupError {
  const remedy = 'See the log for the underlying error, fix it, then try again.';
  const problem = `The database failed while the backup or restore ${clause(what)}.`;
  return new BackupError('DATABASE_FAILED', problem, { remedy, cause });
}

/** Enough to recognise the application by. */
const NAMED = 3;

/** @param tables names of those that the entities map */
export function noTables(database: string, tables: readonly string[]): BackupError {
  const some = tables.slice(0, NAMED).map((name) => `"${name}"`);
  const names = `${some.join(', ')}${tables.length > NAMED ? ', …' : ''}`;
  const which =
    tables.length === 1
      ? `the application's only table, ${names}`
      : `any of the application's ${tables.length} tables (${names})`;
  const problem = `The database${database === '' ? '' : ` "${database}"`} does not have ${which}, so no backup was made.`;
  return new BackupError('NO_TABLES', problem, {
    remedy:
      'Check that the connection settings name the right database and schema, and that its user may see the tables. ' +
      'If the database is new, run the migrations first, or let TypeORM synchronize it.',
  });
}

/** @param what happened, as the beginning of a sentence */
export function outOfLocks(what: string): BackupError {
  return new BackupError('DATABASE_FAILED', `${what}: the database server cannot hold that many locks at once.`, {
    remedy: 'Raise its setting max_locks_per_transaction (64 by default), restart it, then try again.',
  });
}

/** With any other value of this server variable, rows or values could silently differ. */
export function settingDenied(name: string, current: string, wanted: string, cause: unknown): BackupError {
  return new BackupError(
    'DATABASE_FAILED',
    `The database user may not set "${name}", which is ${current} and has to be ${wanted} for an exact backup or restore.`,
    {
      remedy: `Set it in the server's configuration, or grant the user SESSION_VARIABLES_ADMIN.`,
      cause,
    },
  );
}

/** Rows would silently be missing. */
export function rowsHidden(table: string): BackupError {
  return new BackupError(
    'DATABASE_FAILED',
    `Row-level security hides rows of "${table}" from the database role of the application.`,
    { remedy: 'Give the role BYPASSRLS, or exclude the rows with the option excludeEntities.' },
  );
}

/** No restore could read such a row. */
export function rowTooLong(table: string): BackupError {
  return new BackupError(
    'DATABASE_FAILED',
    `A row of table "${table}" takes more than 511 MiB as a line of the archive.`,
    {
      remedy: 'Make it shorter, or exclude the rows with the option excludeEntities.',
    },
  );
}
