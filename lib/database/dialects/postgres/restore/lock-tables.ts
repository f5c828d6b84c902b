import { restoreRefused, tablesChanged } from '../../../../errors/restore-errors.js';
import { lockList, oidsOf, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { UNDEFINED_TABLE } from '../errors.js';
import { freezeTables } from './freeze-tables.js';

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
