/**
 * A server for the tests that the machine does not have: installs it once, starts it, says how the tests find it, and
 * ends when it is told to. Needs Debian's debootstrap, and root or sudo for the first time.
 *
 *     node scripts/test-server.mjs mysql          # Oracle's, in TEST_ORACLE_MYSQL_URL
 *     node scripts/test-server.mjs mariadb        # the newest of Debian, in TEST_MYSQL_URL
 */
import { NewMariadbServer, OracleMysqlServer } from '../test/fixtures/sid-servers.mjs';

const SERVERS = {
  mysql: ['TEST_ORACLE_MYSQL_URL', OracleMysqlServer],
  mariadb: ['TEST_MYSQL_URL', NewMariadbServer],
};

const [variable, Server] = SERVERS[process.argv[2]] ?? [];
if (!Server) {
  console.error(`Usage: node scripts/test-server.mjs ${Object.keys(SERVERS).join(' | ')}`);
  process.exit(2);
}
const server = await Server.start();
console.log(`${variable}=${server.url}`);
const end = () => server.stop().then(() => process.exit(0));
process.once('SIGINT', end);
process.once('SIGTERM', end);
