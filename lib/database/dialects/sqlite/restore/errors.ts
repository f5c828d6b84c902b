import { BackupError } from '../../../../errors/backup-error.js';
import { restoreFailed } from '../../../../errors/restore-errors.js';
import { modelName, type TableLocation } from '../../../table-location.js';
import { failure } from '../errors.js';

/** The names in SQLite's messages, all of them from the schema. Everything else may quote a row. */
const NAMED = [
  /^(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: .*)?$/s,
  /^cannot store \w+ value in \w+ column .*$/s,
  /^(?:no such (?:function|collation sequence|module|table|column): .*|unknown function: .*)$/s,
  /^foreign key mismatch - .*$/s,
  /^(?:database or disk is full|disk I\/O error|datatype mismatch|attempt to write a readonly database)$/,
];

/** The error of a statement that may contain rows: what is known without their values. */
export function rowFailure(table: TableLocation, error: unknown): BackupError {
  return statementFailure(`table "${modelName(table)}": the database refuses a row`, error);
}

/** @param what completes the sentence that starts with SQLite's code and what it names */
export function statementFailure(what: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const { code, named } = tellable(error);
  const place = [code, named].filter(Boolean).join(', ') || 'for a reason that may quote a row';
  const cause = Object.assign(new Error(named ?? 'SQLite refused a statement'), code && { code });
  return restoreFailed(`${what} (${place})`, cause);
}

/** The error of a restore in which `what` failed. */
export function sessionFailure(what: string, error: unknown): BackupError {
  const told = failure(what, error);
  return told.code === 'DATABASE_FAILED' ? statementFailure(`the database failed while it ${what}`, error) : told;
}

function tellable(error: unknown): { code: string | undefined; named: string | undefined } {
  const { code, message = error } = (error ?? {}) as { code?: unknown; message?: unknown };
  const text = String(message);
  return {
    code: typeof code === 'string' ? code : undefined,
    named: NAMED.some((pattern) => pattern.test(text)) ? text : undefined,
  };
}
