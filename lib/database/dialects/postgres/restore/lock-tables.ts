import { setTimeout as sleep } from 'node:timers/promises';
import { restoreRefused, tablesChanged } from '../../../../errors/restore-errors.js';
import { lockList, oidsOf, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { DEADLOCK_DETECTED, UNDEFINED_TABLE } from '../errors.js';
import { LOCK_TIMEOUT_MS } from './settings.js';

/** Whether this role may take more than the weakest lock on a table. */
const MAY_WRITE = `SELECT has_table_privilege($1::oid, 'UPDATE, DELETE, TRUNCATE') AS may`;

const NOT_OWNED = `
  SELECT n.nspname || '.' || c.relname AS label FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ANY($1::oid[]) AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1 LIMIT 1`;

/**
 * Locks tables until the end of the transaction.
 * @param purpose of the lock: nobody else may even read a table that is replaced, or write to one that is only read or
 *   `still` to be replaced
 * @throws BackupError `RESTORE_REFUSED` when one no longer exists, or is to be replaced but belongs to another role
 */
export async function lockTables(
  client: PgClient,
  tables: readonly PgTable[],
  purpose: 'replace' | 'still' | 'read' = 'replace',
): Promise<void> {
  await unlessGone(async () => {
    if (purpose !== 'read') await refuseNotOwned(client, oidsOf(tables));
    if (purpose === 'replace') await lock(client, tables, 'ACCESS EXCLUSIVE');
    else if (purpose === 'still') await freezeTables(client, tables);
    else for (const table of tables) await lock(client, [table], await readMode(client, table));
  });
}

/** @throws BackupError `RESTORE_REFUSED` when a table was dropped or renamed by the previous holder of its lock */
export async function unlessGone<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) throw tablesChanged();
    throw error;
  }
}

async function lock(client: PgClient, tables: readonly PgTable[], mode: string): Promise<void> {
  if (tables.length === 0) return;
  await client.query(`LOCK TABLE ${lockList(tables)} IN ${mode} MODE`);
}

/** A role that may only read the table cannot keep others from writing to it, but can keep them from altering it. */
async function readMode(client: PgClient, { oid }: PgTable): Promise<string> {
  const [row] = (await client.query(MAY_WRITE, [oid])).rows;
  return row?.may === true ? 'SHARE ROW EXCLUSIVE' : 'ACCESS SHARE';
}

async function refuseNotOwned(client: PgClient, oids: readonly number[]): Promise<void> {
  const [table] = (await client.query(NOT_OWNED, [oids])).rows;
  if (!table) return;
  throw restoreRefused(
    `the table "${String(table.label)}" does not belong to the database role of the application`,
    'Restore as a role that owns it: triggers and foreign keys have to be suspended, and only the owner may do that.',
  );
}

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
