import { errorNumber, DENIED, UNKNOWN_VARIABLE } from './errors.js';
import type { Session } from './session.js';

/** 24 days: the most that every platform takes. */
const NO_TIMEOUT_S = 2_147_483;

/** Neither the values read nor how many rows there are may depend on the server's or an init_connect's settings. */
const PINNED = [
  `SET SESSION sql_mode = ''`,
  'SET NAMES utf8mb4',
  `SET SESSION time_zone = '+00:00', autocommit = 1, completion_type = 0`,
  'SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1',
  // A slow reader of the archive must not be cut off.
  `SET SESSION wait_timeout = ${NO_TIMEOUT_S}, net_write_timeout = ${NO_TIMEOUT_S}`,
  'SET SESSION lock_wait_timeout = 1, max_error_count = 64',
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

/** Variables that only some servers know. */
const PINNED_IF_KNOWN = [
  'max_statement_time = 0',
  'max_execution_time = 0',
  'idle_transaction_timeout = 0',
  'idle_readonly_transaction_timeout = 0',
  // MySQL shows counters up to a day old, and hides primary keys that it made itself where it is told to.
  'information_schema_stats_expiry = 0',
  'show_gipk_in_create_table_and_information_schema = 1',
  // MariaDB can be made to show system-versioned tables as they once were.
  'system_versioning_asof = DEFAULT',
];

export async function pinSettings(session: Session): Promise<void> {
  for (const sql of PINNED) await session.query(sql);
  for (const setting of PINNED_IF_KNOWN) {
    try {
      await session.query(`SET SESSION ${setting}`);
    } catch (error) {
      const number = errorNumber(error);
      if (number !== UNKNOWN_VARIABLE && !DENIED.has(number)) throw error;
    }
  }
}
