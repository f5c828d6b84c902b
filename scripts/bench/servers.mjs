import setUpDatabases from '../../test/global-setup.mjs';
import tearDownDatabases from '../../test/global-teardown.mjs';
import { postgres } from './data/databases.mjs';

const LOCAL_POSTGRES = 'postgres://postgres@127.0.0.1:5432/postgres';

/** Servers that answer, and how to end those that were started. */
export async function findServers(flags) {
  // pg_dump reads no server newer than itself, so the machine's own is preferred to the one that the tests bring.
  const wanted = flags.postgres ?? process.env.TEST_PG_URL ?? LOCAL_POSTGRES;
  const answers = await postgres(wanted)
    .version()
    .then(
      () => true,
      () => false,
    );
  if (!answers && (flags.postgres || process.env.TEST_PG_URL)) {
    throw new Error('The PostgreSQL server does not answer.');
  }
  if (answers) process.env.TEST_PG_URL = wanted;
  if (flags.mariadb) process.env.TEST_MYSQL_URL = flags.mariadb;
  if (flags.mysql) process.env.TEST_ORACLE_MYSQL_URL = flags.mysql;
  await setUpDatabases();
  return {
    urls: {
      postgres: process.env.TEST_PG_URL,
      mariadb: process.env.TEST_MYSQL_URL,
      mysql: process.env.TEST_ORACLE_MYSQL_URL,
    },
    stop: tearDownDatabases,
  };
}
