import type { DataSource } from 'typeorm';
import { MysqlConnection } from '../connection.js';
import { failure } from '../errors.js';
import { pinRestoreSettings } from './settings.js';

/**
 * Does a job over a connection that is opened for it, with the settings of a restore.
 * @param what it does, for the error
 */
export async function overOwnConnection<Result>(
  dataSource: DataSource,
  what: string,
  job: (connection: MysqlConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await MysqlConnection.open(dataSource);
  try {
    await pinRestoreSettings(connection);
    return await job(connection);
  } catch (error) {
    throw failure(what, error);
  } finally {
    await connection.close();
  }
}
