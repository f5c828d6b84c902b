import { outcomeUnknown, restoreFailed } from '../../../../errors/restore-errors.js';
import { quoteIdentifier } from '../../quote.js';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { PgClient } from '../connection.js';
import { conditionOf, isLost, UNDEFINED_TABLE } from '../errors.js';
import { begin, within } from '../transaction.js';
import { EventTriggersAside } from './event-triggers.js';

/**
 * A server may not have noticed yet that a restore's client is gone, and its transaction would still be open. A table
 * of another database can have the same OID: both may have been created from one template.
 */
const END_HOLDERS = `
  SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'relation' AND relation = $1::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** The table of marks, qualified; a row in it says that the restore with this id was committed. */
export function marksTable(defaultSchema: string): string {
  return `${quoteIdentifier(defaultSchema)}.${quoteIdentifier(RESTORE_TABLE)}`;
}

export async function createMarks(
  client: PgClient,
  defaultSchema: string,
  eventTriggers: EventTriggersAside,
): Promise<void> {
  const columns = 'id text PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now()';
  await within(client, 'write', async () => {
    // Even an unnecessary command would be an event.
    if (await hasMarks(client, defaultSchema)) return;
    await eventTriggers.disable();
    await client.query(`CREATE TABLE IF NOT EXISTS ${marksTable(defaultSchema)} (${columns})`);
    await eventTriggers.putBack();
  });
}

export async function hasMarks(client: PgClient, defaultSchema: string): Promise<boolean> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS there', [marksTable(defaultSchema)]);
  return rows[0]!.there === true;
}

export async function mark(client: PgClient, defaultSchema: string, id: string): Promise<void> {
  await client.query(`INSERT INTO ${marksTable(defaultSchema)} (id) VALUES ($1)`, [id]);
}

/** Whether the restore with this id was committed, once its transaction has certainly ended. */
export async function isMarked(client: PgClient, defaultSchema: string, id: string): Promise<boolean> {
  return tolerateAbsence(async () => {
    await within(client, 'read', () => client.query(END_HOLDERS, [marksTable(defaultSchema)]));
    await begin(client, 'write');
    try {
      // This waits for a key that another transaction is inserting: it may be about to commit.
      const sql = `INSERT INTO ${marksTable(defaultSchema)} (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id`;
      const { rows } = await client.query(sql, [id]);
      return rows.length === 0;
    } finally {
      await client.query('ROLLBACK');
    }
  }, false);
}

export async function unmark(client: PgClient, defaultSchema: string, id: string): Promise<void> {
  await tolerateAbsence(async () => {
    await within(client, 'write', () => client.query(`DELETE FROM ${marksTable(defaultSchema)} WHERE id = $1`, [id]));
  }, undefined);
}

/** If it contains none. */
export async function removeMarks(client: PgClient, defaultSchema: string): Promise<void> {
  const eventTriggers = await EventTriggersAside.find(client);
  await tolerateAbsence(async () => {
    await within(client, 'write', async () => {
      const { rows } = await client.query(`SELECT 1 FROM ${marksTable(defaultSchema)} LIMIT 1`);
      if (rows.length > 0) return;
      await eventTriggers.disable();
      await client.query(`DROP TABLE ${marksTable(defaultSchema)}`);
      await eventTriggers.putBack();
    });
  }, undefined);
}

async function tolerateAbsence<T>(query: () => Promise<T>, absent: T): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    return absent;
  }
}

/** @throws BackupError `OUTCOME_UNKNOWN` when the connection is lost before the answer arrives; `RESTORE_FAILED` */
export async function commit(client: PgClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    const { code } = error as { code?: string };
    if (isLost(code)) throw outcomeUnknown(error);
    throw restoreFailed(`the commit was refused (${conditionOf(code!)})`);
  }
}
