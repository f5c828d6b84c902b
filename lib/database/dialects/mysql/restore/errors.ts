import { BackupError } from '../../../../errors/backup-error.js';
import { databaseBusy, databaseUnavailable } from '../../../../errors/database-errors.js';
import { restoreFailed } from '../../../../errors/restore-errors.js';
import { modelName, type TableLocation } from '../../../table-location.js';
import { errorNumber, failure, LOCKED } from '../errors.js';

/** The names in the server's messages. Each pattern is anchored where the server writes a name, never a value. */
const NAMED: ReadonlyArray<[pattern: RegExp, name: (found: string, table: string) => string]> = [
  // MySQL includes the table's name.
  [
    / for key '([^']+)'$/,
    (key, table) => `unique key "${key.startsWith(`${table}.`) ? key.slice(table.length + 1) : key}"`,
  ],
  [/ for column (?:`[^`]+`\.`[^`]+`\.)?[`']([^`']+)[`'] at row \d+$/, (column) => `column "${column}"`],
  [/^Column '([^']+)' cannot be null$/, (column) => `column "${column}"`],
  [/^Field '([^']+)' doesn't have a default value$/, (column) => `column "${column}"`],
  [/^CONSTRAINT `([^`]+)` failed for /, (constraint) => `constraint "${constraint}"`],
  [/^Check constraint '([^']+)' is violated/, (constraint) => `constraint "${constraint}"`],
];

/** The error of a statement that contains rows: what is known without a row's values. */
export function rowFailure(table: TableLocation, error: unknown): BackupError {
  const { message = '' } = (error ?? {}) as { message?: string };
  for (const [pattern, name] of NAMED) {
    const found = pattern.exec(message)?.[1];
    if (found) return statementFailure(table, `the server refuses a row because of ${name(found, table.name)}`, error);
  }
  return statementFailure(table, 'the server refuses a row', error);
}

/** The error of a statement on one table. */
export function statementFailure(table: TableLocation, what: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const model = modelName(table);
  const number = errorNumber(error);
  const cause = withoutValues(error);
  if (LOCKED.has(number)) return databaseBusy(`Table "${model}"`, cause);
  if (failure('', cause).code === 'DATABASE_UNAVAILABLE') return databaseUnavailable(cause);
  return restoreFailed(`table "${model}": ${what}`, cause);
}

/** An error without its statement, and one of the server without its message: these quote rows. */
export function withoutValues(error: unknown): Error {
  const { errno, code, sqlState, fatal, message } = (error ?? {}) as Record<string, string | number>;
  const number = errorNumber(error);
  const own = number > 0 ? `The server's error ${number}` : String(message);
  return Object.assign(new Error(own), { errno, code, sqlState, fatal });
}
