/** Databases for the hosts of the matrix, by the name of TypeORM's type. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { PostgresServer } from '../../test/fixtures/postgres-server.mjs';

const servers = {
  postgres: process.env.TEST_PG_URL || 'postgres://postgres@127.0.0.1:5432/postgres',
  mariadb: process.env.TEST_MYSQL_URL || 'mysql://root@127.0.0.1:3306',
};

const execute = {
  postgres: async (sql) => {
    const client = new pg.Client({ connectionString: servers.postgres, connectionTimeoutMillis: 5_000 });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  },
  mariadb: async (sql) => {
    const connection = await createConnection({ uri: servers.mariadb, connectTimeout: 5_000 });
    await connection.query(sql).finally(() => connection.end());
  },
};

/** Starts a PostgreSQL server where none answers. @returns {Promise<() => Promise<void>>} what stops it again */
export async function providePostgres() {
  if (process.env.TEST_PG_URL || !(await whyNot('postgres'))) return async () => {};
  const server = await PostgresServer.start();
  servers.postgres = server.url;
  return () => server.stop();
}

/** @returns {Promise<string | undefined>} why the engine cannot be used */
export async function whyNot(engine) {
  return execute[engine]?.('SELECT 1').then(
    () => undefined,
    (error) => error.message || error.code,
  );
}

/** An empty database: the options of its DataSource, and how to remove it. Those without a server lie in `folder`. */
export async function createDatabase(engine, folder) {
  if (engine === 'sqljs') {
    return { options: { type: engine, location: join(folder, 'app.sqlite'), autoSave: true }, drop() {} };
  }
  if (engine === 'better-sqlite3') {
    return { options: { type: engine, database: join(folder, 'app.sqlite') }, drop() {} };
  }
  const name = `nestjs_backup_matrix_${randomBytes(5).toString('hex')}`;
  await execute[engine](`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(servers[engine]), { pathname: `/${name}` }).href;
  return { options: { type: engine, url }, drop: () => execute[engine](`DROP DATABASE ${name}`) };
}
