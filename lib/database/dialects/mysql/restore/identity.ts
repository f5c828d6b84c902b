import { randomUUID } from 'node:crypto';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber } from '../errors.js';
import type { Names } from '../names.js';

/**
 * Servers have no identity that a standby would share, so the database has one of its own: in the comment of the table
 * of marks.
 */
export function newIdentity(): string {
  return `nestjs-backup ${randomUUID()}`;
}

/** Adds one to a table created by an earlier version. Commits, as every change of the schema does. */
export async function ensureIdentity(connection: MysqlConnection, names: Names): Promise<void> {
  if ((await commentOf(connection, names)) !== '') return;
  const table = names.sql({ schema: null, name: RESTORE_TABLE });
  await connection.query(`ALTER TABLE ${table} COMMENT = '${newIdentity()}'`).catch((error: unknown) => {
    if (!DENIED.has(errorNumber(error))) throw error; // The name has to suffice.
  });
}

/** @returns undefined before the first restore */
export async function readIdentity(connection: MysqlConnection, names: Names): Promise<readonly string[] | undefined> {
  const comment = await commentOf(connection, names);
  return comment === undefined ? undefined : [comment, names.database];
}

async function commentOf(connection: MysqlConnection, names: Names): Promise<string | undefined> {
  const sql = 'SELECT table_comment FROM information_schema.tables WHERE table_schema = ? AND table_name = ?';
  const [row] = await connection.texts(sql, [names.database, RESTORE_TABLE]);
  return row?.[0] ?? undefined;
}
