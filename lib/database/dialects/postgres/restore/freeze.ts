import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';

/** Whether somebody reads this database's log row by row. A slot that is created later does not see this transaction. */
export const DECODED = `EXISTS (
      SELECT FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database())`;

/**
 * Whether rows may be loaded as frozen, which saves marking each of them later, and lets foreign keys be checked by
 * indexes alone.
 *
 * Frozen rows are visible to every snapshot once the restore commits. To a snapshot from before the restore, a table that
 * was emptied by TRUNCATE would otherwise have no rows at all, neither the old nor the new ones; a transaction that has
 * read one of the tables before keeps the restore from beginning. So that such a snapshot never finds rows in some tables
 * only, it is all tables or none: rows of partitioned ones cannot be frozen. And whoever reads the log from an older
 * snapshot on would get them twice.
 * @param tables all that are emptied and loaded
 */
export async function mayFreeze(client: PgClient, tables: readonly PgTable[]): Promise<boolean> {
  if (tables.some(({ partitioned }) => partitioned)) return false;
  // A pooled session may have kept somebody else's cursor, next to which the server freezes nothing.
  const [row] = (await client.query(`SELECT NOT ${DECODED} AND NOT EXISTS (SELECT FROM pg_cursors) AS may`)).rows;
  return row!.may === true;
}
