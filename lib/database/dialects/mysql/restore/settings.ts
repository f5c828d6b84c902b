import type { MysqlConnection } from '../connection.js';
import { pin, type Setting } from '../settings.js';

/** Zero dates, invalid dates and an id of 0 are ordinary values. */
const EXACT = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';

/** A value that does not fit is an error. */
export const STRICT_MODE = `${EXACT},STRICT_TRANS_TABLES,STRICT_ALL_TABLES`;

/** The only mode that accepts an enum's error value. It accepts everything else too, with a warning. */
export const LENIENT_MODE = EXACT;

/** How long a table may stay locked by others. */
export const LOCK_WAIT_S = 10;

/**
 * Unique keys are still checked: otherwise InnoDB may accept duplicates in secondary indexes. Foreign keys are checked
 * by us at the end, and nothing cascades while they are off.
 */
const PINNED: readonly Setting[] = [
  { name: 'sql_mode', value: `'${STRICT_MODE}'` },
  { name: 'foreign_key_checks', value: 0 },
  { name: 'unique_checks', value: 1 },
  { name: 'lock_wait_timeout', value: LOCK_WAIT_S },
  { name: 'innodb_lock_wait_timeout', value: LOCK_WAIT_S },
  { name: 'sql_safe_updates', value: 0 },
];

/** Variables that only some servers know. */
const PINNED_APART: readonly Setting[] = [
  { name: 'transaction_read_only', value: 0 },
  { name: 'tx_read_only', value: 0 },
  { name: 'check_constraint_checks', value: 1 },
  { name: 'idle_write_transaction_timeout', value: 0 },
];

export async function pinRestoreSettings(connection: MysqlConnection): Promise<void> {
  await pin(connection, PINNED);
  for (const setting of PINNED_APART) await pin(connection, [setting]);
}
