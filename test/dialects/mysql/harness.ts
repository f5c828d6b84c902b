import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { CatalogTable } from '../../../lib/database/catalog-table.js';
import type { Dialect, Snapshot } from '../../../lib/database/dialects/dialect.js';
import { MysqlConnection } from '../../../lib/database/dialects/mysql/connection.js';
import { mysqlDialect } from '../../../lib/database/dialects/mysql/index.js';
import type { Engine, TestDatabase } from '../../fixtures/databases.js';
import { PROCESSLIST } from '../../fixtures/mysql-processlist.js';
import { beginSessionsWith, createMysqlUser, type MysqlUser } from '../../fixtures/mysql-users.js';

type Tables = readonly CatalogTable[];

interface SnapshotSetup {
  readonly signal?: AbortSignal;
  readonly choose?: (tables: Tables) => Tables;
  readonly dataSource?: object;
}

export interface Pair {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly from: DataSource;
  readonly to: DataSource;
  /** Runs a statement in one and in the other. */
  readonly both: (sql: string) => Promise<void>;
}

/** Has each test of a suite begin with an empty database, and closes afterwards what it has opened. */
export function mysqlSuite(engine: Engine) {
  const cleanups: Array<() => unknown> = [];
  const cleanup = (step: () => unknown) => void cleanups.push(step);
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    for (const step of cleanups.splice(0).toReversed()) await step();
  });

  async function createDatabase(): Promise<TestDatabase> {
    const created = await engine.create();
    cleanup(() => created.drop());
    return created;
  }

  /** A database to save from, and the suite's own to restore into. */
  async function createPair(): Promise<Pair> {
    const [source, target] = [await createDatabase(), database];
    const both = async (sql: string) => {
      await source.query(sql);
      await target.query(sql);
    };
    return { source, target, from: await connect(source.options), to: await connect(), both };
  }

  const url = () => (database.options as { url: string }).url;
  const query: TestDatabase['query'] = (sql, parameters) => database.query(sql, parameters);

  async function connect(options: object = {}): Promise<DataSource> {
    const dataSource = new DataSource({ ...database.options, ...options } as DataSourceOptions);
    await dataSource.initialize();
    cleanup(() => dataSource.destroy());
    return dataSource;
  }

  const dialect = async (options?: object): Promise<Dialect> => mysqlDialect(await connect(options));

  /** A connection of somebody else. */
  async function client(uri = url()): Promise<Connection> {
    const connection = await createConnection({ uri });
    connection.on('error', () => {});
    cleanup(() => connection.destroy());
    return connection;
  }

  async function snapshot({ choose = (tables) => tables, signal, dataSource }: SnapshotSetup = {}): Promise<Snapshot> {
    const opened = await (await dialect(dataSource)).snapshot({ choose, signal });
    cleanup(() => opened.close());
    return opened;
  }

  async function createUser(grant: string, on?: string): Promise<MysqlUser> {
    const user = await createMysqlUser(database, grant, on);
    cleanup(() => user.drop());
    return user;
  }

  /** A user of this database whose sessions begin with these settings. */
  async function userBeginningWith(settings: Readonly<Record<string, string>>): Promise<MysqlUser> {
    const user = await createUser('GRANT ALL ON');
    cleanup(await beginSessionsWith(database, [[user, settings]]));
    return user;
  }

  /** The same for the library's own sessions: the server's hook does not set limits of the network. */
  function beginOwnSessionsWith(settings: string): void {
    const genuine = MysqlConnection.prototype.query;
    const begun = new WeakSet<MysqlConnection>();
    MysqlConnection.prototype.query = async function (
      this: MysqlConnection,
      ...statement: Parameters<MysqlConnection['query']>
    ) {
      const first = !begun.has(this);
      begun.add(this);
      if (first) await genuine.call(this, `SET SESSION ${settings}`);
      return genuine.apply(this, statement);
    };
    cleanup(() => {
      MysqlConnection.prototype.query = genuine;
    });
  }

  const connectionIds = async () => {
    const rows = await query<{ id: string }>(`SELECT id AS id FROM ${PROCESSLIST} WHERE db = DATABASE()`);
    return new Set(rows.map(({ id }) => String(id)));
  };

  /** What `open` opened, and the server's ids of its connections. */
  async function watched<Opened>(open: () => Promise<Opened>): Promise<{ opened: Opened; ids: string[] }> {
    const before = await connectionIds();
    const opened = await open();
    return { opened, ids: [...(await connectionIds())].filter((id) => !before.has(id)) };
  }

  /** @returns after how many milliseconds the server knew none of these connections any more */
  async function goneAfter(ids: readonly string[]): Promise<number> {
    const start = performance.now();
    for (;;) {
      const current = await connectionIds();
      if (!ids.some((id) => current.has(id))) return performance.now() - start;
      await sleep(20);
    }
  }

  return {
    database: () => database,
    createPair,
    createDatabase,
    url,
    query,
    connect,
    dialect,
    client,
    snapshot,
    createUser,
    userBeginningWith,
    beginOwnSessionsWith,
    watched,
    goneAfter,
    cleanup,
  };
}
