import { PYTHON, timed } from '../command.mjs';
import { postgres } from '../data/databases.mjs';
import { TABLES } from '../data/schema.mjs';
import { alone, median } from '../race.mjs';
import { databaseRows } from './database.mjs';

const SCRIPT = new URL('../peers/one_at_a_time.py', import.meta.url).pathname;
const MOST_CPU = { backup: 15, restore: 10 };

/** Backup and restore of a PostgreSQL database, and what Node pays for them. */
export function postgresRows(context) {
  const { urls, folder, sizes } = context;
  const server = postgres(urls.postgres);
  return databaseRows(context, {
    title: 'PostgreSQL',
    server,
    size: sizes.rows,
    peers: (database) => peersOf(database, folder),
    async more({ database, backups, restores }) {
      const gigabytes = await gigabytesOf(server, database);
      return [cpuLine('backup', backups[0], gigabytes), cpuLine('restore', restores[0], gigabytes)];
    },
  });
}

function peersOf({ url }, folder) {
  const at = { URL: url, DUMP: `${folder}/postgres.dump`, OUT: `${folder}/theirs`, SCRIPT };
  const django = {
    name: 'one object at a time (Django, zipstream)',
    needs: ['python:django', 'python:psycopg2', 'python:zipstream'],
    atMost: 0.25,
    run: () => timed(`${PYTHON} "$SCRIPT" "$OUT"`, at),
  };
  const quick = {
    name: 'pg_dump -Fc -Z3',
    needs: ['pg_dump'],
    atMost: 0.75,
    run: () => timed('pg_dump -Fc -Z3 -d "$URL" -f "$OUT"', at),
  };
  return { backup: [pgDump(at, 0.4), quick, django], restore: [pgRestore(at, 0.9)] };
}

/** @param at URL and DUMP, which pgRestore takes */
export const pgDump = (at, atMost) => ({
  name: 'pg_dump -Fc',
  needs: ['pg_dump'],
  atMost,
  run: () => timed('pg_dump -Fc -d "$URL" -f "$DUMP"', at),
});

export const pgRestore = (at, atMost) => ({
  name: 'pg_restore',
  needs: ['pg_dump', 'pg_restore'],
  atMost,
  run: ({ url }) => timed('pg_restore -d "$URL" "$DUMP"', { ...at, URL: url }),
});

/** @returns of the rows' text, as the server writes it */
async function gigabytesOf(server, database) {
  const sizes = TABLES.map((table) => `(SELECT sum(octet_length(t::text)) FROM ${table} t)`);
  const { rows } = await server.use(database, (client) => client.query(`SELECT ${sizes.join(' + ')} AS bytes`));
  return Number(rows[0].bytes) / 1e9;
}

function cpuLine(work, { runs }, gigabytes) {
  const value = median(runs.ours.map(({ cpu }) => cpu)) / gigabytes;
  const most = MOST_CPU[work];
  return alone(`CPU seconds per GB of rows, PostgreSQL ${work}`, `${value.toFixed(1)} s`, `≤ ${most} s`, {
    met: value <= most,
    value,
  });
}
