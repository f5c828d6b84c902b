import type { DataSource } from 'typeorm';
import { MysqlConnection } from './connection.js';
import { failure } from './errors.js';

/** Columns of SHOW PROCESSLIST. */
const [ID, DB] = [0, 3];

/**
 * Sessions of this database that are older than the pool's, so none of this process; only those that this user may see.
 * The server numbers sessions in order of arrival.
 */
export async function countOlderSessions(dataSource: DataSource): Promise<number> {
  const [pooled] = (await dataSource.query('SELECT CONNECTION_ID() AS id, DATABASE() AS name')) as Array<{
    id: number | string;
    name: string;
  }>;
  const connection = await MysqlConnection.open(dataSource);
  try {
    const sessions = await connection.texts('SHOW PROCESSLIST');
    return sessions.filter((one) => one[DB] === pooled!.name && Number(one[ID]) < Number(pooled!.id)).length;
  } catch (error) {
    throw failure('looked for other sessions', error);
  } finally {
    await connection.close();
  }
}
