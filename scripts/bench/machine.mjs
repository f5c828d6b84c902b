import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { mariadb, mysql, postgres, sqlite } from './data/databases.mjs';

const firstLine = (command, ...flags) =>
  spawnSync(command, flags.length ? flags : ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0] || undefined;

/** What it was measured on, name -> value. @param nodes that the hosts ran on */
export async function describeMachine(urls, nodes) {
  const found = {
    cores: `${availableParallelism()} (${cpus()[0].model.trim()})`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `Linux ${release()}`,
    Node: nodes.map(({ version }) => version).join(', '),
    PostgreSQL: urls.postgres && (await postgres(urls.postgres).version()),
    MariaDB: urls.mariadb && (await mariadb(urls.mariadb).version()),
    MySQL: urls.mysql && (await mysql(urls.mysql).version()),
    SQLite: await sqlite('').version(),
    pg_dump: firstLine('pg_dump'),
    'mariadb-dump': firstLine('mariadb-dump'),
    sqlite3: firstLine('sqlite3')?.split(' ')[0],
    zip: firstLine('zip', '-h')?.trim(),
    Python: firstLine('/usr/bin/python3'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value));
}
