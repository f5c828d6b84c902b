import type { DataSource } from 'typeorm';
import { aborted } from '../../../../errors/run-errors.js';
import type { RestoreSession } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import { SqliteRestoreSession } from './restore-session.js';
import { refuseUnsavable } from './save-sql-js.js';
import { openTarget, type Target } from './target.js';

/** Opens a connection for one restore. @throws BackupError */
export async function openRestore(dataSource: DataSource, signal?: AbortSignal): Promise<RestoreSession> {
  const check = () => {
    if (signal?.aborted) throw aborted(signal.reason);
  };
  let target: Target | undefined;
  try {
    check();
    await refuseUnsavable(dataSource);
    const opened = await openTarget(dataSource, check);
    target = opened;
    return await retryWhileBusy('The database', check, () => new SqliteRestoreSession(dataSource, opened, signal));
  } catch (error) {
    target?.release();
    throw failure('opened the restore', error);
  }
}
