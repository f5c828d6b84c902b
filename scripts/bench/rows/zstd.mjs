import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { missing, timed } from '../command.mjs';
import { postgres } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race, skipped } from '../race.mjs';

const WORK = 'PostgreSQL backup, zstd, level 3, encrypted';
const PEER = 'pg_dump -Fc -Z zstd:3';
const OPTIONS = new URL('../../../dist/options/backup-options.d.ts', import.meta.url);

/** Backup of a PostgreSQL database with zstd, where both can. */
export async function zstdRows({ sizes, folder, urls, aesKey, node, log }) {
  const reason = whyNot(node, urls.postgres);
  if (reason) return [{ ...skipped(WORK, reason), peer: PEER }];
  const server = postgres(urls.postgres);
  log('PostgreSQL: zstd');
  const database = await server.create(sizes.rows);
  const at = { URL: database.url, OUT: `${folder}/theirs` };
  const peer = {
    name: PEER,
    needs: ['pg_dump'],
    atMost: 0.8,
    run: () => timed('pg_dump -Fc -Z zstd:3 -d "$URL" -f "$OUT"', at),
  };
  try {
    return await HostProcess.with({ node, database, compression: 'zstd' }, (host) =>
      race(WORK, sizes.rounds, () => host.run('backup', { output: `${folder}/zstd.zip.crypt`, aesKey }), [peer]),
    );
  } finally {
    await server.drop(database);
  }
}

function whyNot(node, url) {
  if (!readFileSync(OPTIONS, 'utf8').includes('zstd')) return 'the library has no zstd';
  const { stdout } = spawnSync(node.path, ['-p', 'typeof zlib.zstdCompress'], { encoding: 'utf8' });
  if (stdout.trim() !== 'function') return `Node ${node.version} has no zstd`;
  const remedy = missing(['pg_dump']);
  if (remedy) return `pg_dump is missing, ${remedy}`;
  const dump = ['-Fc', '-Z', 'zstd:3', '--schema-only', '-d', url];
  return spawnSync('pg_dump', dump, { stdio: 'ignore' }).status === 0 ? undefined : 'this pg_dump has no zstd';
}
