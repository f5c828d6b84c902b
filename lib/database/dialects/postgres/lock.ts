import type { DataSource } from 'typeorm';
import { BackupError } from '../../../errors/backup-error.js';
import { databaseUnavailable } from '../../../errors/database-errors.js';
import { locked, lockLost } from '../../../errors/lock-errors.js';
import type { DatabaseLock, LockName } from '../dialect.js';
import { connect, destroy } from './connection.js';
import { begin } from './transaction.js';

/** Advisory locks belong to one database, so the key does not include its name. */
const TRY_LOCK = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken';
const KEYS: Record<LockName, string> = {
  backup: 'nestjs-backup',
  schedule: 'nestjs-backup schedule',
  'restore-test': 'nestjs-backup restore test',
};

/**
 * The lock is held by an open transaction of its own connection: that is safe behind a pooler too, costs the server
 * nothing (READ COMMITTED keeps no snapshot between statements), and ends with the connection.
 */
export async function acquireLock(dataSource: DataSource, name: LockName): Promise<DatabaseLock> {
  const client = await connect(dataSource);
  const lost = new AbortController();
  let released = false;
  client.on('end', () => {
    if (!released) lost.abort(lockLost());
  });
  const release = async () => {
    if (released) return;
    released = true;
    await client.query('ROLLBACK').then(
      () => client.end(),
      () => destroy(client),
    );
  };
  try {
    await begin(client, 'read');
    const { rows } = await client.query(TRY_LOCK, [KEYS[name]]);
    if (rows[0]?.taken !== true) throw locked();
    return { lost: lost.signal, release };
  } catch (error) {
    await release();
    throw error instanceof BackupError ? error : databaseUnavailable(error);
  }
}
