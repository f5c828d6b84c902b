import { timed } from '../command.mjs';
import { mariadb } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';
import { ourRestore, theirRestore } from './fresh-restore.mjs';

const DUMP = 'mariadb-dump $AT --single-transaction --quick "$NAME"';

/** Backup and restore of a MariaDB database. */
export async function mariadbRows({ sizes, folder, urls, aesKey, log }) {
  const server = mariadb(urls.mariadb);
  log(`MariaDB: ${sizes.rows} rows`);
  const database = await server.create(sizes.rows);
  const archive = `${folder}/mariadb.zip.crypt`;
  const at = {
    ...clientOf(urls.mariadb),
    NAME: database.databaseName,
    OUT: `${folder}/theirs`,
    DUMP: `${folder}/mariadb.sql`,
  };
  try {
    const lines = await HostProcess.with({ database }, (host) =>
      race(
        'MariaDB backup, level 3, encrypted',
        sizes.rounds,
        async () => (await host.run('backup', { output: archive, aesKey })).seconds,
        [
          {
            name: 'mariadb-dump --single-transaction --quick | gzip -3',
            needs: ['mariadb-dump', 'gzip'],
            atMost: 0.6,
            run: () => timed(`${DUMP} | gzip -3 > "$OUT"`, at),
          },
        ],
      ),
    );
    log('MariaDB: restore');
    const restore = await race(
      'MariaDB restore with keys and indexes',
      sizes.rounds,
      () => ourRestore(server, { archive, aesKey }),
      [
        {
          name: 'mariadb < dump',
          needs: ['mariadb', 'mariadb-dump'],
          atMost: 1,
          prepare: () => timed(`${DUMP} > "$DUMP"`, at),
          run: () =>
            theirRestore(server, ({ databaseName }) =>
              timed('mariadb $AT "$NAME" < "$DUMP"', { ...at, NAME: databaseName }),
            ),
        },
      ],
    );
    return [...lines, ...restore];
  } finally {
    await server.drop(database);
  }
}

/** Variables for the native clients; the password goes where no process list shows it. */
function clientOf(url) {
  const { hostname, port, username, password } = new URL(url);
  return { AT: `-h ${hostname} -P ${port || 3306} -u ${username} --protocol=tcp`, MYSQL_PWD: password };
}
