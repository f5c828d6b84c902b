import { RESTORE_TABLE } from '../../restore-dialect.js';
import { quoteIdentifier } from '../../quote.js';
import type { PgClient } from '../connection.js';

const UNDEFINED_TABLE = '42P01';

/** The table of marks, qualified; a row of it says that the restore of this id was committed. */
export function marksTable(defaultSchema: string): string {
  return `${quoteIdentifier(defaultSchema)}.${quoteIdentifier(RESTORE_TABLE)}`;
}

export async function createMarks(client: PgClient, defaultSchema: string): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${marksTable(defaultSchema)}
     (id text PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now())`,
  );
}

export async function mark(client: PgClient, defaultSchema: string, id: string): Promise<void> {
  await client.query(`INSERT INTO ${marksTable(defaultSchema)} (id) VALUES ($1)`, [id]);
}

export async function isMarked(client: PgClient, defaultSchema: string, id: string): Promise<boolean> {
  return tolerateAbsence(async () => {
    const { rows } = await client.query(`SELECT 1 FROM ${marksTable(defaultSchema)} WHERE id = $1`, [id]);
    return rows.length > 0;
  }, false);
}

export async function unmark(client: PgClient, defaultSchema: string, id: string): Promise<void> {
  await tolerateAbsence(async () => {
    await client.query(`DELETE FROM ${marksTable(defaultSchema)} WHERE id = $1`, [id]);
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
