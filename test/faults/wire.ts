import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSourceOptions } from 'typeorm';
import type { Engine, TestDatabase } from '../fixtures/databases.js';
import { PROCESSLIST } from '../fixtures/mysql-processlist.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';

/** The way of a host to its database server, and what can happen to it. */
export class Wire {
  private constructor(
    readonly proxy: TcpProxy,
    readonly options: DataSourceOptions,
    private readonly engine: Engine,
    private readonly database: TestDatabase,
  ) {}

  /** @returns undefined where the database is a file */
  static async to(engine: Engine, database: TestDatabase): Promise<Wire | undefined> {
    if (engine.family === 'sqlite') return undefined;
    const { proxy, options } = await TcpProxy.before(database.options);
    return new Wire(proxy, options, engine, database);
  }

  /** The server itself ends every connection but the test's own. */
  async endConnections(): Promise<void> {
    if (this.engine.family === 'postgres') {
      await this.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      return;
    }
    const others = `SELECT id AS id FROM ${PROCESSLIST} WHERE db = DATABASE() AND id <> CONNECTION_ID()`;
    // One that ended by itself in the meantime cannot be killed.
    for (const { id } of await this.database.query(others)) await this.database.query(`KILL ${id}`).catch(() => {});
  }

  /** Nobody gets through for so many milliseconds. */
  async away(milliseconds: number): Promise<void> {
    this.proxy.refuse();
    await sleep(milliseconds);
    this.proxy.accept();
  }
}
