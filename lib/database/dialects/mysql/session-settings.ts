import { pin, type Setting, type Variables } from './pin.js';

/** 24 days: the most that every platform takes. */
const NO_TIMEOUT_S = 2_147_483;

/** As many warnings as a statement of the catalog may have, of which one may be about a table. */
const WARNINGS = 64;

/** Neither the values read nor how many rows there are may depend on the server's or an init_connect's settings. */
const PINNED: readonly Setting[] = [
  { name: 'sql_mode', value: `''` },
  { name: 'time_zone', value: `'+00:00'` },
  { name: 'autocommit', value: 1 },
  { name: 'completion_type', value: 0 },
  { name: 'sql_select_limit', value: '18446744073709551615' },
  { name: 'sql_big_selects', value: 1 },
  // A slow reader of the archive must not be cut off.
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
  // MySQL shows counters up to a day old, and hides primary keys that it made itself where it is told to.
  { name: 'information_schema_stats_expiry', value: 0 },
  { name: 'show_gipk_in_create_table_and_information_schema', value: 1 },
  // MariaDB can be made to show system-versioned tables as they once were.
  { name: 'system_versioning_asof', value: 'DEFAULT' },
];

export async function pinSettings(session: Variables): Promise<void> {
  await session.query('SET NAMES utf8mb4');
  await pin(session, PINNED);
  for (const setting of PINNED_APART) await pin(session, [setting]);
  await session.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
}
