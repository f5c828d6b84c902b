import { BackupError } from '../../../errors/backup-error.js';
import { databaseBusy, databaseFailed, databaseUnavailable, type Refused } from '../../../errors/database-errors.js';

/** What errors of the server (a positive number), of the socket and of mysql2 have in common. */
interface MysqlError {
  readonly errno?: number;
  readonly code?: string;
  readonly fatal?: boolean;
}

export const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
/** Somebody else's lock: a timeout, or a deadlock. */
export const LOCKED: ReadonlySet<number> = new Set([LOCK_WAIT_TIMEOUT, DEADLOCK]);
export const UNKNOWN_VARIABLE = 1193;
export const UNKNOWN_COLUMN = 1054;
/** In the information schema. */
export const UNKNOWN_TABLE = 1109;
/** MariaDB's check of a constraint. */
export const CHECK_FAILED = 4025;
export const NO_SUCH_TABLE = 1146;
export const TABLE_CHANGED = 1412;
/** Privileges: on a command, a column, a table's database, a variable. */
export const DENIED: ReadonlySet<number> = new Set([1142, 1143, 1044, 1227]);

/** Too many connections (of all, of this user), host blocked, server shutting down, connection killed, idle too long. */
const AWAY: ReadonlySet<number> = new Set([1040, 1203, 1129, 1053, 1927, 4031]);

const NO_SUCH_DATABASE = 1049;
/** Wrong password, none, not from this host, no such way to log in, account locked, password expired. */
const USER_REFUSED: ReadonlySet<number> = new Set([1045, 1698, 1130, 1251, 3118, 1862]);
/** No right to this database, which is also said of one that does not exist. */
const DATABASE_DENIED = 1044;

/** What a server refuses permanently when connecting. */
export function refusedByMysql(cause: unknown): Refused | undefined {
  const number = errorNumber(cause);
  if (number === NO_SUCH_DATABASE) return 'database';
  if (number === DATABASE_DENIED) return 'access';
  return USER_REFUSED.has(number) ? 'user' : undefined;
}

export function errorNumber(error: unknown): number {
  return (error as MysqlError | undefined)?.errno ?? 0;
}

/** The public error for a driver's error; `what` completes "The database failed while the backup or restore …". */
export function failure(what: string, cause: unknown): BackupError {
  if (cause instanceof BackupError) return cause;
  return isUnavailable(cause) ? databaseUnavailable(cause) : databaseFailed(what, cause);
}

function isUnavailable(cause: unknown): boolean {
  const { errno = 0, code, fatal } = (cause ?? {}) as MysqlError;
  return errno > 0 ? AWAY.has(errno) : fatal === true || typeof code === 'string';
}

/** The same for a statement on one table. */
export function tableFailure(model: string, cause: unknown): BackupError {
  const number = errorNumber(cause);
  if (LOCKED.has(number)) return databaseBusy(`Table "${model}"`, cause);
  const denied = DENIED.has(number) ? ', which the database user may not SELECT in full' : '';
  return failure(`read table "${model}"${denied}`, cause);
}

/** Somebody else's lock or change interfered: another attempt may succeed. */
export class ContendedError extends Error {
  constructor(
    /** For `databaseBusy`, for example `Table "users"`. */
    readonly what: string,
    cause?: unknown,
  ) {
    super(`${what} is locked or changing.`, { cause });
  }
}
