import { randomUUID } from 'node:crypto';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber } from '../errors.js';
import type { Names } from '../names.js';

/** Servers have no identity that a standby would share, so the database keeps one: in the comment of the marks' table. */
export function newIdentity(): string {
  return `nestjs-backup ${randomUUID()}`;
}

/** Gives one to a table that an earlier version has made. Commits, as every change of the schema. */
export async function ensureIdentity(connection: MysqlConnection, names: Names): Promise<void> {
  if ((await commentOf(connection, names)) !== '') return;
  const table = names.sql({ schema: null, name: RESTORE_TABLE });
  await connection.query(`ALTER TABLE ${table} COMMENT = '${newIdentity()}'`).catch((error: unknown) => {
    if (!DENIED.has(errorNumber(error))) throw error; // Its name has to do.
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
