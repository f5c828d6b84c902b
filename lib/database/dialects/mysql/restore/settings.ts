import { errorNumber, UNKNOWN_VARIABLE } from '../errors.js';
import type { Session } from '../session.js';

/** Zero dates, invalid dates and an id of 0 are values like others. */
const EXACT = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';

/** A value that does not fit is an error. */
export const STRICT_MODE = `${EXACT},STRICT_TRANS_TABLES,STRICT_ALL_TABLES`;

/** The only mode that takes an enum's error value. It takes all else too, with a warning. */
export const LENIENT_MODE = EXACT;

/** How long a table may stay locked by others. */
export const LOCK_WAIT_S = 10;

/**
 * Unique keys stay checked: without, InnoDB may take duplicates into secondary indexes. Foreign keys are checked by us,
 * at the end, and while they are off nothing cascades.
 */
const PINNED = [
  `sql_mode = '${STRICT_MODE}'`,
  'foreign_key_checks = 0, unique_checks = 1',
  `lock_wait_timeout = ${LOCK_WAIT_S}, innodb_lock_wait_timeout = ${LOCK_WAIT_S}`,
  'sql_safe_updates = 0, max_error_count = 65535',
];

/** Variables that only some servers know. */
const PINNED_IF_KNOWN = [
  'transaction_read_only = 0',
  'tx_read_only = 0',
  'check_constraint_checks = 1',
  'idle_write_transaction_timeout = 0',
];

export async function pinRestoreSettings(session: Session): Promise<void> {
  for (const settings of PINNED) await session.query(`SET SESSION ${settings}`);
  for (const setting of PINNED_IF_KNOWN) {
    try {
      await session.query(`SET SESSION ${setting}`);
    } catch (error) {
      if (errorNumber(error) !== UNKNOWN_VARIABLE) throw error;
    }
  }
}
