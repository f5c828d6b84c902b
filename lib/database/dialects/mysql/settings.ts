import { settingDenied } from '../../../errors/database-errors.js';
import { DENIED, errorNumber, UNKNOWN_VARIABLE } from './errors.js';

/** A session whose variables are set. */
export interface Variables {
  query(sql: string): Promise<unknown>;
  texts(sql: string): Promise<ReadonlyArray<ReadonlyArray<string | null>>>;
}

/** A variable of the session, and the SQL value that exact results require. */
export interface Setting {
  readonly name: string;
  readonly value: string | number;
  /** Whether another value is good enough if the user may not set it. Default: no. */
  readonly serves?: (current: string) => boolean;
}

/** 24 days: the most that every platform accepts. */
const NO_TIMEOUT_S = 2_147_483;

/** The maximum number of warnings of a statement on the catalog; one of them may be about a table. */
const WARNINGS = 64;

/** The values and the number of rows must not depend on settings of the server or of init_connect. */
const PINNED: readonly Setting[] = [
  { name: 'sql_mode', value: `''` },
  { name: 'time_zone', value: `'+00:00'` },
  { name: 'autocommit', value: 1 },
  { name: 'completion_type', value: 0 },
  { name: 'sql_select_limit', value: '18446744073709551615' },
  { name: 'sql_big_selects', value: 1 },
  // A slow reader of the archive must not be disconnected.
  { name: 'wait_timeout', value: NO_TIMEOUT_S },
  { name: 'net_write_timeout', value: NO_TIMEOUT_S },
  { name: 'lock_wait_timeout', value: 1 },
];

/** Variables that only some servers know, or that not every user may set. */
const PINNED_APART: readonly Setting[] = [
  { name: 'max_error_count', value: WARNINGS, serves: (current) => Number(current) >= WARNINGS },
  { name: 'max_statement_time', value: 0 },
  { name: 'max_execution_time', value: 0 },
  { name: 'idle_transaction_timeout', value: 0 },
  { name: 'idle_readonly_transaction_timeout', value: 0 },
  // MySQL shows counters up to a day old, and may be configured to hide primary keys that it generated.
  { name: 'information_schema_stats_expiry', value: 0 },
  { name: 'show_gipk_in_create_table_and_information_schema', value: 1 },
  // MariaDB can be configured to show system-versioned tables as they were at an earlier time.
  { name: 'system_versioning_asof', value: 'DEFAULT' },
];

export async function pinSettings(connection: Variables): Promise<void> {
  await connection.query('SET NAMES utf8mb4');
  await pin(connection, PINNED);
  for (const setting of PINNED_APART) await pin(connection, [setting]);
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
}

/**
 * Sets variables of the session, whatever the server or an init_connect has set them to. A variable that the server
 * does not know cannot do harm. One that the user may not set, of which MySQL has many, must already have a suitable
 * value.
 * @throws BackupError `DATABASE_FAILED` if it has none
 */
export async function pin(connection: Variables, settings: readonly Setting[]): Promise<void> {
  try {
    await connection.query(`SET SESSION ${settings.map(assignment).join(', ')}`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const setting of settings) await pinOne(connection, setting);
  }
}

async function pinOne(connection: Variables, setting: Setting): Promise<void> {
  try {
    await connection.query(`SET SESSION ${assignment(setting)}`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (errorNumber(error) !== UNKNOWN_VARIABLE) await refuseOther(connection, setting, error);
  }
}

async function refuseOther(
  connection: Variables,
  { name, value, serves = (current) => current === String(value) }: Setting,
  cause: unknown,
): Promise<void> {
  const [row] = await connection.texts(`SELECT @@SESSION.${name}`);
  if (serves(row![0] ?? '')) return;
  throw settingDenied(name, row![0] ?? 'NULL', String(value), cause);
}

const assignment = ({ name, value }: Setting) => `${name} = ${value}`;

function isRefusal(error: unknown): boolean {
  const number = errorNumber(error);
  return number === UNKNOWN_VARIABLE || DENIED.has(number);
}
