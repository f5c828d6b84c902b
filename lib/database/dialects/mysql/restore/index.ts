import type { DataSource } from 'typeorm';
import { identityOf } from '../../identity.js';
import type { RestoreDialect, RestoreSession, SchemaRecord } from '../../restore-dialect.js';
import { MysqlConnection } from '../connection.js';
import { failure } from '../errors.js';
import { Names } from '../names.js';
import { settle } from './apply-undo.js';
import { readIdentity } from './identity.js';
import { overOwnConnection } from './own-connection.js';
import { readPatiently } from './read-patiently.js';
import { dropMarks, forgetMark, markIsThere, settleMark, undoneMarks } from './restore-record.js';
import { MysqlRestoreSession } from './restore-session.js';
import { MysqlSchemaRecord } from './schema-record.js';
import { pinRestoreSettings } from './settings.js';

/**
 * MySQL and MariaDB: rows are restored in one transaction; triggers and counters, which no transaction covers, with an
 * undo record.
 */
class MysqlRestore implements RestoreDialect {
  readonly hasTransactionalDdl = false;

  private hasMadeTable = false;

  constructor(private readonly dataSource: DataSource) {}

  openRestore(signal?: AbortSignal): Promise<RestoreSession> {
    const onTableMade = () => {
      this.hasMadeTable = true;
    };
    return openRestore(this.dataSource, onTableMade, signal);
  }

  async recordSchema(): Promise<SchemaRecord> {
    const record = new MysqlSchemaRecord(this.dataSource);
    try {
      return await record.begin();
    } catch (error) {
      throw failure('read its schema', error);
    } finally {
      await record.close();
    }
  }

  recover(): Promise<void> {
    return this.run('restored what an earlier restore had suspended', async (connection, names) => {
      for (const id of await undoneMarks(connection, names)) await settle(connection, names, id);
    });
  }

  wasCommitted(id: string): Promise<boolean> {
    return this.run('looked for the mark of a restore', async (connection, names) => {
      if (!(await markIsThere(connection, names, id))) return false;
      return (await settleMark(connection, names, id))?.committed ?? false;
    });
  }

  identity(): Promise<string | undefined> {
    return this.run('read the identity of the database', async (connection, names) => {
      const parts = await readIdentity(connection, names);
      return parts && identityOf('mysql', parts);
    });
  }

  forget(id: string): Promise<void> {
    return this.run('removed the mark of a restore', async (connection, names) => {
      if (!(await markIsThere(connection, names, id))) return;
      await settle(connection, names, id);
      await forgetMark(connection, names, id);
    });
  }

  async removeOwnTable(): Promise<void> {
    if (!this.hasMadeTable) return;
    // Without the privilege the table stays, as it would without this attempt.
    const isGone = await this.run('removed its table', dropMarks).catch(() => true);
    this.hasMadeTable = !isGone;
  }

  private async run<Result>(
    what: string,
    job: (connection: MysqlConnection, names: Names) => Promise<Result>,
  ): Promise<Result> {
    return overOwnConnection(this.dataSource, what, async (connection) =>
      job(connection, await Names.read(connection, this.dataSource)),
    );
  }
}

/**
 * Opens a connection for one restore.
 * @param onTableMade called when the table of marks had to be created
 * @throws BackupError
 */
async function openRestore(
  dataSource: DataSource,
  onTableMade: () => void,
  signal?: AbortSignal,
): Promise<RestoreSession> {
  const connection = await MysqlConnection.open(dataSource, signal);
  try {
    const names = await Names.read(connection, dataSource);
    const { catalog, keys } = await readPatiently(connection, names);
    await pinRestoreSettings(connection);
    const [row] = await connection.texts('SELECT VERSION(), @@max_allowed_packet');
    const server = { version: row![0]!, maxPacket: Number(row![1]) };
    return new MysqlRestoreSession(dataSource, connection, names, catalog, keys, server, onTableMade);
  } catch (error) {
    connection.destroy();
    throw failure('opened the restore', error);
  }
}

export const mysqlRestore = (dataSource: DataSource): RestoreDialect => new MysqlRestore(dataSource);
