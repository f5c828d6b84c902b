import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { PostgresServer } from './fixtures/postgres-server.mjs';
import { Redis } from './fixtures/redis.mjs';

const DEFAULT_MYSQL_URL = 'mysql://root@127.0.0.1:3306';
const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

/**
 * Leaves TEST_SAMPLE, the seed of what a run chooses; TEST_PG_URL, TEST_MYSQL_URL, TEST_ORACLE_MYSQL_URL and TEST_REDIS_URL to the workers, or TEST_PG_SKIPPED and so on
 * with the reason; and TEST_ORACLE_MYSQL_DISKS, where tables may lie beside the data of that server.
 * With CI=true nothing may be skipped.
 */
export default async function globalSetup() {
  process.env.TEST_SAMPLE = process.env.TEST_SEED || String(Date.now() % 2 ** 31);
  if (!process.env.TEST_LONG) console.log(`\nWhat this run has of all: TEST_SEED=${process.env.TEST_SAMPLE}`);
  if (process.env.TEST_LONG) process.env.TEST_FIGURES = join(mkdtempSync(join(tmpdir(), 'backup-figures-')), 'figures');
  await offer('PG', process.env.TEST_PG_URL ? () => probePostgres(process.env.TEST_PG_URL) : startPostgres);
  await offer('MYSQL', () => probeMysql(process.env.TEST_MYSQL_URL || DEFAULT_MYSQL_URL));
  await offer('ORACLE_MYSQL', () => probeMysql(process.env.TEST_ORACLE_MYSQL_URL || noOracleMysql()));
  await offerDisks(process.env.TEST_ORACLE_MYSQL_URL);
  await offer('REDIS', () => probeRedis(process.env.TEST_REDIS_URL || DEFAULT_REDIS_URL));
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

/** Oracle's server takes tables of other places than its own only where it was told to, and may be in a container. */
async function offerDisks(url) {
  if (!url) return;
  const connection = await createConnection({ uri: url });
  const [rows] = await connection.query(`SHOW VARIABLES LIKE 'innodb_directories'`);
  await connection.end();
  const [place] = String(rows[0]?.Value ?? '').split(';');
  if (place && existsSync(place)) process.env.TEST_ORACLE_MYSQL_DISKS = place;
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

function noOracleMysql() {
  throw new Error('no Oracle MySQL');
}

async function probeRedis(url) {
  const redis = await Redis.connect(url);
  await redis.ask('PING').finally(() => redis.close());
  return url;
}

async function startPostgres() {
  globalThis.__testPostgres = await PostgresServer.start();
  return globalThis.__testPostgres.url;
}
