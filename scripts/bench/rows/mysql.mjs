import { spawnSync } from 'node:child_process';
import { timed } from '../command.mjs';
import { mariadb, mysql } from '../data/databases.mjs';
import { databaseRows } from './database.mjs';

const MARIADB_TOOLS = { dump: 'mariadb-dump', client: 'mariadb' };

/** Backup and restore of a MariaDB database. */
export const mariadbRows = (context) =>
  rowsOf(context, 'MariaDB', mariadb(context.urls.mariadb), context.urls.mariadb, MARIADB_TOOLS);

/** Backup and restore of a database of Oracle's MySQL, by its own tools or, where these are missing, MariaDB's. */
export const mysqlRows = (context) =>
  rowsOf(context, 'MySQL', mysql(context.urls.mysql), context.urls.mysql, oraclesTools() ?? MARIADB_TOOLS);

/** MariaDB's packages have a `mysqldump` of theirs, too. */
function oraclesTools() {
  const { status, stdout } = spawnSync('mysqldump', ['--version'], { encoding: 'utf8' });
  return status === 0 && !stdout.includes('MariaDB') ? { dump: 'mysqldump', client: 'mysql' } : undefined;
}

function rowsOf(context, title, server, url, { dump, client }) {
  const at = { ...clientOf(url), OUT: `${context.folder}/theirs`, DUMP: `${context.folder}/mysql.sql` };
  return databaseRows(context, {
    title,
    server,
    size: context.sizes.rows,
    peers({ databaseName: NAME }) {
      const line = `${dump} $AT --single-transaction --quick "$NAME"`;
      const backup = {
        name: `${dump} --single-transaction --quick | gzip -3`,
        needs: [dump, 'gzip'],
        atMost: 0.55,
        run: () => timed(`${line} | gzip -3 > "$OUT"`, { ...at, NAME }),
      };
      const restore = {
        name: `${client} < dump`,
        needs: [client, dump],
        atMost: 0.9,
        prepare: () => timed(`${line} > "$DUMP"`, { ...at, NAME }),
        run: ({ databaseName }) => timed(`${client} $AT "$NAME" < "$DUMP"`, { ...at, NAME: databaseName }),
      };
      return { backup: [backup], restore: [restore] };
    },
  });
}

/** Variables for the native clients; the password goes where no process list shows it. */
function clientOf(url) {
  const { hostname, port, username, password } = new URL(url);
  return { AT: `-h ${hostname} -P ${port || 3306} -u ${username} --protocol=tcp`, MYSQL_PWD: password };
}
