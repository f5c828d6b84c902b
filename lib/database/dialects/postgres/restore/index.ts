import type { DataSource } from 'typeorm';
import { databaseFailed, databaseUnavailable } from '../../../../errors/database-errors.js';
import { aborted } from '../../../../errors/run-errors.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { identityOf } from '../../identity.js';
import type { RestoreDialect, RestoreSession } from '../../restore-dialect.js';
import { type PgTable, readForeignKeys, readTables } from '../catalog.js';
import { connect, destroy, type PgClient } from '../connection.js';
import { defaultSchemaOf, Names } from '../names.js';
import { begin } from '../transaction.js';
import { analyze } from './analyze.js';
import { readIdentity } from './identity.js';
import { hasMarks, isMarked, removeMarks, unmark } from './restore-record.js';
import { PgRestoreSession } from './restore-session.js';
import { limitWaits } from './settings.js';

class PostgresRestore implements RestoreDialect {
  readonly hasTransactionalDdl = true;

  /** Used before a restore has taken place. */
  private hasMadeTable = false;

  constructor(private readonly dataSource: DataSource) {}

  async openRestore(signal?: AbortSignal): Promise<RestoreSession> {
    if (signal?.aborted) throw aborted();
    const client = await connect(this.dataSource);
    const abort = () => destroy(client);
    signal?.addEventListener('abort', abort, { once: true });
    const detach = () => signal?.removeEventListener('abort', abort);
    try {
      signal?.throwIfAborted(); // Possibly while the connection was being made, when nobody was listening.
      await begin(client, 'read');
      await limitWaits(client);
      this.hasMadeTable ||= !(await hasMarks(client, this.defaultSchema));
      const { rows } = await client.query('SHOW server_version');
      const names = await Names.read(client, this.dataSource);
      const opened = {
        server: { type: 'postgres', version: String(rows[0]!.server_version) },
        tables: await readTables(client, names),
        foreignKeys: await readForeignKeys(client, names),
      };
      return new PgRestoreSession(this.dataSource, client, this.defaultSchema, opened, signal, detach);
    } catch (error) {
      detach();
      destroy(client);
      throw signal?.aborted ? aborted() : databaseFailed('read the catalog', error);
    }
  }

  /** Everything that a restore suspends is inside its transaction, which ended with its connection. */
  async recover(): Promise<void> {}

  wasCommitted(id: string): Promise<boolean> {
    return this.withClient((client) => isMarked(client, this.defaultSchema, id));
  }

  identity(): Promise<string> {
    return this.withClient(async (client) => identityOf('postgres', await readIdentity(client, this.defaultSchema)));
  }

  forget(id: string): Promise<void> {
    this.hasMadeTable = false;
    return this.withClient((client) => unmark(client, this.defaultSchema, id));
  }

  async removeOwnTable(): Promise<void> {
    if (!this.hasMadeTable) return;
    this.hasMadeTable = false;
    await this.withClient((client) => removeMarks(client, this.defaultSchema)).catch(() => {});
  }

  async tidyUp(tables: readonly CatalogTable[]): Promise<void> {
    await analyze((work) => this.withClient(work), tables as readonly PgTable[]);
  }

  private async withClient<T>(work: (client: PgClient) => Promise<T>): Promise<T> {
    const client = await connect(this.dataSource);
    try {
      return await work(client);
    } catch (error) {
      throw databaseUnavailable(error);
    } finally {
      await client.end();
    }
  }

  private get defaultSchema(): string {
    return defaultSchemaOf(this.dataSource);
  }
}

export const postgresRestore = (dataSource: DataSource): RestoreDialect => new PostgresRestore(dataSource);
