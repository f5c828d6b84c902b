import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { PostgresServer } from './fixtures/postgres-server.mjs';

const DEFAULT_MYSQL_URL = 'mysql://root@127.0.0.1:3306';

/**
 * Leaves TEST_PG_URL and TEST_MYSQL_URL to the workers, or TEST_PG_SKIPPED and TEST_MYSQL_SKIPPED with the reason.
 * With CI=true nothing may be skipped.
 */
export default async function globalSetup() {
  await offer('PG', process.env.TEST_PG_URL ? () => probePostgres(process.env.TEST_PG_URL) : startPostgres);
  await offer('MYSQL', () => probeMysql(process.env.TEST_MYSQL_URL || DEFAULT_MYSQL_URL));
}

async function offer(name, prepare) {
  try {
    process.env[`TEST_${name}_URL`] = await prepare();
  } catch (error) {
    const reason = error.message || error.errors?.[0]?.message || error.code || String(error);
    if (process.env.CI === 'true') throw new Error(`TEST_${name}_URL: ${reason}`, { cause: error });
    delete process.env[`TEST_${name}_URL`];
    process.env[`TEST_${name}_SKIPPED`] = reason;
    console.warn(`\nTests on TEST_${name}_URL are skipped: ${reason}`);
  }
}

async function probePostgres(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  await client.end();
  return url;
}

async function probeMysql(url) {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  await connection.end();
  return url;
}

async function startPostgres() {
  globalThis.__testPostgres = await PostgresServer.start();
  return globalThis.__testPostgres.url;
}
