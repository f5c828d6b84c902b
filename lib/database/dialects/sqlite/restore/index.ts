import type { DataSource } from 'typeorm';
import { aborted } from '../../../../errors/run-errors.js';
import { identityOf } from '../../identity.js';
import type { RestoreDialect, RestoreSession } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import { readIdentity } from './identity.js';
import { hasMarks, isMarked, removeMark, removeMarks } from './restore-record.js';
import { SqliteRestoreSession } from './restore-session.js';
import { refuseUnsavable, saveAgain } from './save-sql-js.js';
import { openTarget, type Target } from './target.js';

const noCheck = () => {};

/**
 * SQLite: everything, including dropped triggers and counters, is one transaction, so a killed restore leaves nothing.
 */
class SqliteRestore implements RestoreDialect {
  readonly hasTransactionalDdl = true;

  /** Used before a restore has taken place. */
  private hasMadeTable = false;

  constructor(private readonly dataSource: DataSource) {}

  async openRestore(signal?: AbortSignal): Promise<RestoreSession> {
    const isThere = await this.run('looked for its own table', async ({ connection }) =>
      retryWhileBusy('The database', noCheck, () => hasMarks(connection)),
    );
    this.hasMadeTable ||= !isThere;
    return openRestore(this.dataSource, signal);
  }

  /** SQLite itself rolls back at the next access. */
  async recover(): Promise<void> {}

  wasCommitted(id: string): Promise<boolean> {
    return this.run('looked for the mark of a restore', async ({ connection }) => {
      await saveAgain(this.dataSource);
      return retryWhileBusy('The database', noCheck, () => isMarked(connection, id));
    });
  }

  identity(): Promise<string | undefined> {
    return this.run('read the identity of the database', ({ connection }) =>
      retryWhileBusy('The database', noCheck, () => {
        const parts = readIdentity(this.dataSource, connection);
        return parts && identityOf('sqlite', parts);
      }),
    );
  }

  forget(id: string): Promise<void> {
    this.hasMadeTable = false;
    return this.run('removed the mark of a restore', async ({ connection, save }) => {
      if (!(await retryWhileBusy('The database', noCheck, () => isMarked(connection, id)))) return;
      await retryWhileBusy('The database', noCheck, () => removeMark(connection, id));
      await save();
    });
  }

  async removeOwnTable(): Promise<void> {
    if (!this.hasMadeTable) return;
    this.hasMadeTable = false;
    await this.run('removed its own table', async ({ connection, save }) => {
      if (await retryWhileBusy('The database', noCheck, () => removeMarks(connection))) await save();
    }).catch(() => {});
  }

  private async run<Result>(what: string, job: (target: Target) => Promise<Result>): Promise<Result> {
    let target: Target | undefined;
    try {
      target = await openTarget(this.dataSource, noCheck);
      return await job(target);
    } catch (error) {
      throw failure(what, error);
    } finally {
      await target?.release();
    }
  }
}

/** Opens a connection for one restore. @throws BackupError */
async function openRestore(dataSource: DataSource, signal?: AbortSignal): Promise<RestoreSession> {
  const check = () => {
    if (signal?.aborted) throw aborted(signal.reason);
  };
  let target: Target | undefined;
  try {
    check();
    await refuseUnsavable(dataSource);
    const opened = await openTarget(dataSource, check, { inThread: true });
    target = opened;
    return await retryWhileBusy('The database', check, () => new SqliteRestoreSession(dataSource, opened, signal));
  } catch (error) {
    await target?.release();
    throw failure('opened the restore', error);
  }
}

export const sqliteRestore = (dataSource: DataSource): RestoreDialect => new SqliteRestore(dataSource);
