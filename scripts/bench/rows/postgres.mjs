import { PYTHON, timed } from '../command.mjs';
import { postgres } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';
import { ourRestore, theirRestore } from './fresh-restore.mjs';

const SCRIPT = new URL('../peers/one_at_a_time.py', import.meta.url).pathname;

/** Backup and restore of a PostgreSQL database. */
export async function postgresRows({ sizes, folder, urls, aesKey, log }) {
  const server = postgres(urls.postgres);
  log(`PostgreSQL: ${sizes.rows} rows`);
  const database = await server.create(sizes.rows);
  const archive = `${folder}/postgres.zip.crypt`;
  const at = { URL: database.url, DUMP: `${folder}/postgres.dump`, OUT: `${folder}/theirs`, SCRIPT };
  try {
    const lines = await HostProcess.with({ database }, (host) =>
      race(
        'PostgreSQL backup, level 3, encrypted',
        sizes.rounds,
        async () => (await host.run('backup', { output: archive, aesKey })).seconds,
        [
          {
            name: 'pg_dump -Fc',
            needs: ['pg_dump'],
            atMost: 0.4,
            run: () => timed('pg_dump -Fc -d "$URL" -f "$DUMP"', at),
          },
          {
            name: 'pg_dump -Fc -Z3',
            needs: ['pg_dump'],
            atMost: 0.75,
            run: () => timed('pg_dump -Fc -Z3 -d "$URL" -f "$OUT"', at),
          },
          {
            name: 'one object at a time (Django, zipstream)',
            needs: ['python:django', 'python:psycopg2', 'python:zipstream'],
            atMost: 0.25,
            run: () => timed(`${PYTHON} "$SCRIPT" "$OUT"`, at),
          },
        ],
      ),
    );
    log('PostgreSQL: restore');
    const restore = await race(
      'PostgreSQL restore with keys and indexes',
      sizes.rounds,
      () => ourRestore(server, { archive, aesKey }),
      [
        {
          name: 'pg_restore',
          needs: ['pg_dump', 'pg_restore'],
          atMost: 1,
          run: () => theirRestore(server, ({ url }) => timed('pg_restore -d "$URL" "$DUMP"', { ...at, URL: url })),
        },
      ],
    );
    return [...lines, ...restore];
  } finally {
    await server.drop(database);
  }
}
