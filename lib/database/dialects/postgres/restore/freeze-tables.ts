import { setTimeout as sleep } from 'node:timers/promises';
import { lockList, oidsOf, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { DEADLOCK_DETECTED } from '../errors.js';
import { LOCK_TIMEOUT_MS } from './settings.js';

/** Sessions that have read one of the tables in an open transaction, and now wait for this one to write to another. */
const STUCK = `
  SELECT pg_cancel_backend(pid) FROM (
    SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'relation' AND granted AND relation = ANY($1::oid[])
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
  ) AS reader WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))`;

const PAUSE_MS = 100;

/**
 * Keeps everybody else from writing to the tables until the end of the transaction, and lets them read. Writers that
 * hold locks in another order may finish first.
 */
export async function freezeTables(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  await lockDespiteDeadlocks(client, tables, 'EXCLUSIVE', async () => {});
}

/**
 * Then keeps readers out, too. One that waits to write would never end: its statement is cancelled, so nothing of it was
 * acknowledged.
 */
export async function closeFrozenTables(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  await lockDespiteDeadlocks(client, tables, 'ACCESS EXCLUSIVE', async () => {
    // Sessions of a superuser are out of this role's reach; then there may be a deadlock.
    await client.query(STUCK, [oidsOf(tables)]).catch(() => client.query('ROLLBACK TO SAVEPOINT locking'));
  });
}

/** A deadlock undoes the attempt alone, not the locks from before it. */
async function lockDespiteDeadlocks(
  client: PgClient,
  tables: readonly PgTable[],
  mode: 'EXCLUSIVE' | 'ACCESS EXCLUSIVE',
  makeWay: () => Promise<void>,
): Promise<void> {
  if (tables.length === 0) return;
  const giveUp = Date.now() + LOCK_TIMEOUT_MS;
  await client.query('SAVEPOINT locking');
  for (;;) {
    await makeWay();
    try {
      await client.query(`LOCK TABLE ${lockList(tables)} IN ${mode} MODE`);
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK_DETECTED || Date.now() > giveUp) throw error;
      await client.query('ROLLBACK TO SAVEPOINT locking');
      await sleep(PAUSE_MS);
    }
  }
  await client.query('RELEASE SAVEPOINT locking');
}
