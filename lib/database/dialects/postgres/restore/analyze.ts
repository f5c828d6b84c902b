import { ownLeaves, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { unpinSettings, within } from '../transaction.js';

/** For one table that is locked by somebody else. */
const LOCK_TIMEOUT_MS = 1_000;
/** For all tables together. */
const LIMIT_MS = 60_000;
/** Tables that are analyzed at the same time. */
const CONNECTIONS = 2;

/**
 * Gives the planner statistics of the new rows, as far as possible within a minute; autovacuum does the rest.
 * @param withClient runs something on a connection of its own
 */
export async function analyze(
  withClient: (work: (client: PgClient) => Promise<void>) => Promise<void>,
  tables: readonly PgTable[],
): Promise<void> {
  const giveUp = Date.now() + LIMIT_MS;
  const names = tables.flatMap(analyzed);
  const work = async (client: PgClient) => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const left = giveUp - Date.now();
      if (left <= 0) return;
      await analyzeTable(client, name, left).catch(() => {});
    }
  };
  await Promise.allSettled(names.slice(0, CONNECTIONS).map(() => withClient(work)));
}

async function analyzeTable(client: PgClient, sqlName: string, timeout: number): Promise<void> {
  await within(client, 'write', async () => {
    // An index may use one of the application's functions.
    await unpinSettings(client);
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL statement_timeout = ${timeout}`);
    await client.query(`ANALYZE ${sqlName}`);
  });
}

/** For a whole table the server would also sample the partitions on other servers. */
function analyzed(table: PgTable): string[] {
  const { sqlName, partitions } = table;
  return partitions.some(({ foreign }) => foreign) ? ownLeaves(table).map((leaf) => leaf.sqlName) : [sqlName];
}
