import { outcomeUnknown, restoreFailed } from '../../../../errors/restore-errors.js';
import type { PgClient } from '../connection.js';
import { conditionOf, isLost } from '../errors.js';

/** @throws BackupError `OUTCOME_UNKNOWN` when the connection is lost before the answer arrives; `RESTORE_FAILED` */
export async function commit(client: PgClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    const { code } = error as { code?: string };
    if (isLost(code)) throw outcomeUnknown(error);
    throw restoreFailed(`the commit was refused (${conditionOf(code!)})`);
  }
}
