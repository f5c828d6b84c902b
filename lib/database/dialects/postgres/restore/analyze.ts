import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { ownLeaves } from '../relations.js';
import { unpinSettings, within } from '../transaction.js';

/** For one table that is locked by somebody else. */
const LOCK_TIMEOUT_MS = 1_000;
/** For all tables together. */
const LIMIT_MS = 60_000;

/** Gives the planner statistics of the new rows, as far as possible within a minute; autovacuum does the rest. */
export async function analyze(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  const giveUp = Date.now() + LIMIT_MS;
  for (const sqlName of tables.flatMap(analyzed)) {
    const left = giveUp - Date.now();
    if (left <= 0) return;
    await within(client, 'write', async () => {
      // An index may use one of the application's functions.
      await unpinSettings(client);
      await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL statement_timeout = ${left}`);
      await client.query(`ANALYZE ${sqlName}`);
    }).catch(() => {});
  }
}

/** For a whole table the server would also sample the partitions on other servers. */
function analyzed(table: PgTable): string[] {
  const { sqlName, partitions } = table;
  return partitions.some(({ foreign }) => foreign) ? ownLeaves(table).map((leaf) => leaf.sqlName) : [sqlName];
}
