// npm run measure:memory [-- --table-mb 1000 --file-mb 3000]
// Peak memory of a host process during a backup, read from outside of it (Linux: VmHWM of /proc/<pid>/status).
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import setUpDatabases from '../../test/global-setup.mjs';
import tearDownDatabases from '../../test/global-teardown.mjs';

const { values } = parseArgs({
  options: { 'table-mb': { type: 'string', default: '1000' }, 'file-mb': { type: 'string', default: '3000' } },
});
const tableMb = Number(values['table-mb']);
const fileMb = Number(values['file-mb']);
const BACKUP_KEY = randomBytes(32).toString('hex');
const aesKey = randomBytes(32).toString('hex');

async function makeTable(url, megabytes) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS row (id bigserial PRIMARY KEY, words text)');
  await client.query('TRUNCATE row');
  const words = `(SELECT string_agg(md5((g * 31 + k)::text), ' ') FROM generate_series(1, 30) k)`;
  await client.query(`INSERT INTO row (words) SELECT ${words} FROM generate_series(1, $1) g`, [megabytes * 1000]);
  await client.end();
}

async function makeFile(path, megabytes) {
  const file = createWriteStream(path);
  const block = randomBytes(1e6);
  for (let written = 0; written < megabytes; written++) {
    block.writeUInt32LE(written);
    if (!file.write(block)) await new Promise((resolve) => file.once('drain', resolve));
  }
  await new Promise((resolve) => file.end(resolve));
}

function download(port, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const post = request({ port, host: '127.0.0.1', path: '/utils/backup', method: 'POST', headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => (bytes += chunk.length));
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(bytes) : reject(new Error(response.statusCode))));
    });
    post.on('error', reject);
    post.end(JSON.stringify(body));
  });
}

async function measure(environment, body) {
  const host = fork(new URL('host.mjs', import.meta.url), { env: { ...process.env, BACKUP_KEY, ...environment } });
  try {
    const { port } = await new Promise((resolve, reject) => {
      host.once('message', resolve);
      host.once('exit', () => reject(new Error('The host ended before it listened.')));
    });
    const started = performance.now();
    const bytes = await download(port, body);
    const seconds = (performance.now() - started) / 1000;
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${host.pid}/status`, 'utf8'))[1]) / 1000;
    return { peak, bytes, seconds };
  } finally {
    host.kill();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-memory-'));
await setUpDatabases();
try {
  const database = { small: process.env.TEST_PG_URL, large: new URL(process.env.TEST_PG_URL) };
  const admin = new pg.Client({ connectionString: database.small });
  await admin.connect();
  await admin.query('CREATE DATABASE memory_measurement');
  database.large.pathname = '/memory_measurement';
  const [empty, full] = [join(folder, 'empty'), join(folder, 'full')];
  await Promise.all([mkdir(empty), mkdir(full)]);
  await makeTable(database.small, 0);
  await makeTable(database.large.href, tableMb);
  await makeFile(join(full, 'large.bin'), fileMb);

  const cases = [
    ['empty database, no files', database.small, empty, {}],
    [`a table of ${tableMb} MB`, database.large.href, empty, {}],
    [`a file of ${fileMb} MB`, database.small, full, {}],
    [`both, encrypted`, database.large.href, full, { aes_key: aesKey }],
  ];
  let base;
  console.log('backup of                      peak memory   over empty      archive     time');
  for (const [name, url, directory, extra] of cases) {
    const environment = { DATABASE_URL: url, DATA_DIR: directory };
    const { peak, bytes, seconds } = await measure(environment, { key: BACKUP_KEY, ...extra });
    base ??= peak;
    const columns = [`${peak.toFixed(0)} MB`, `${(peak - base).toFixed(0)} MB`, `${(bytes / 1e6).toFixed(0)} MB`];
    console.log(name.padEnd(30), ...columns.map((text) => text.padStart(12)), `${seconds.toFixed(1)} s`.padStart(8));
  }
  await admin.query('DROP DATABASE memory_measurement WITH (FORCE)');
  await admin.end();
} finally {
  await rm(folder, { recursive: true, force: true });
  await tearDownDatabases();
}
