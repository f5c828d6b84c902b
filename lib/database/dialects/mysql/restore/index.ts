import type { DataSource } from 'typeorm';
import { identityOf } from '../../identity.js';
import type { RestoreDialect, RestoreSession, SchemaRecord } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { Names } from '../names.js';
import { Session } from '../session.js';
import { readIdentity } from './identity.js';
import { dropMarks, forgetMark, markIsThere, settleMark, undoneMarks } from './restore-record.js';
import { openRestore } from './open.js';
import { MysqlSchemaRecord } from './schema-record.js';
import { settle } from './apply-undo.js';
import { pinRestoreSettings } from './settings.js';

/** MySQL and MariaDB: rows go in one transaction; triggers and counters, which no transaction covers, by an undo record. */
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
    return this.run('put back what an earlier restore had set aside', async (session, names) => {
      for (const id of await undoneMarks(session, names)) await settle(session, names, id);
    });
  }

  wasCommitted(id: string): Promise<boolean> {
    return this.run('looked for the mark of a restore', async (session, names) => {
      if (!(await markIsThere(session, names, id))) return false;
      return (await settleMark(session, names, id))?.committed ?? false;
    });
  }

  identity(): Promise<string | undefined> {
    return this.run('read the identity of the database', async (session, names) => {
      const parts = await readIdentity(session, names);
      return parts && identityOf('mysql', parts);
    });
  }

  forget(id: string): Promise<void> {
    return this.run('removed the mark of a restore', async (session, names) => {
      if (!(await markIsThere(session, names, id))) return;
      await settle(session, names, id);
      await forgetMark(session, names, id);
    });
  }

  async removeOwnTable(): Promise<void> {
    if (!this.hasMadeTable) return;
    this.hasMadeTable = false;
    // Without the privilege it stays, as it would without this attempt.
    await this.run('removed its table', dropMarks).catch(() => {});
  }

  private async run<Result>(what: string, job: (session: Session, names: Names) => Promise<Result>): Promise<Result> {
    const session = await Session.open(this.dataSource);
    try {
      await pinRestoreSettings(session);
      return await job(session, await Names.read(session, this.dataSource));
    } catch (error) {
      throw failure(what, error);
    } finally {
      await session.close();
    }
  }
}

export const mysqlRestore = (dataSource: DataSource): RestoreDialect => new MysqlRestore(dataSource);
