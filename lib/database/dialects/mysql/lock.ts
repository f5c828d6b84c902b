import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { locked, lockLost } from '../../../errors/lock-errors.js';
import type { DatabaseLock, LockName } from '../dialect.js';
import { MysqlConnection } from './connection.js';
import { failure } from './errors.js';
import { Names } from './names.js';

const PREFIXES: Record<LockName, string> = {
  backup: 'nestjs-backup',
  schedule: 'nestjs-backup.s',
  'restore-test': 'nestjs-backup.p',
};

/**
 * Takes the server's named lock, which ends with its connection. Names are global to the server, and have at most 64
 * characters.
 */
export async function acquireLock(dataSource: DataSource, which: LockName): Promise<DatabaseLock> {
  const connection = await MysqlConnection.open(dataSource);
  const lost = new AbortController();
  let released = false;
  connection.lost.addEventListener('abort', () => {
    if (!released) lost.abort(lockLost());
  });
  try {
    const { database } = await Names.read(connection, dataSource);
    const name = `${PREFIXES[which]}:${createHash('sha256').update(database).digest('hex').slice(0, 48)}`;
    const [row] = await connection.texts('SELECT GET_LOCK(?, 0)', [name]);
    if (row![0] !== '1') throw locked();
    const release = async () => {
      if (released) return;
      released = true;
      // The next backup may follow immediately; the server would take some time to notice the end of the connection.
      await connection.query('DO RELEASE_LOCK(?)', [name]).catch(() => {});
      await connection.close();
    };
    return { lost: lost.signal, release };
  } catch (error) {
    released = true;
    await connection.close();
    throw failure('took its lock', error);
  }
}
