import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { SqliteConnection } from '../connection.js';
import { newIdentity } from './identity.js';

const MARKS = `main."${RESTORE_TABLE}"`;

/** @returns whether it had to be created */
export function createMarks(connection: SqliteConnection): boolean {
  if (hasMarks(connection)) return false;
  connection.exec(`CREATE TABLE ${MARKS} (${newIdentity()} id TEXT NOT NULL PRIMARY KEY, created_at TEXT NOT NULL)`);
  return true;
}

/** Inside the restore's transaction: exists once that is committed. */
export function mark(connection: SqliteConnection, id: string): void {
  write(connection, `INSERT INTO ${MARKS} VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`, id);
}

export function isMarked(connection: SqliteConnection, id: string): boolean {
  return hasMarks(connection) && connection.all(`SELECT 1 FROM ${MARKS} WHERE id = ?`, [id]).length > 0;
}

export function removeMark(connection: SqliteConnection, id: string): void {
  if (isMarked(connection, id)) write(connection, `DELETE FROM ${MARKS} WHERE id = ?`, id);
}

/** @returns whether anything had to be removed */
export function removeMarks(connection: SqliteConnection): boolean {
  if (!hasMarks(connection) || connection.all(`SELECT 1 FROM ${MARKS} LIMIT 1`).length > 0) return false;
  connection.exec(`DROP TABLE ${MARKS}`);
  return true;
}

export function hasMarks(connection: SqliteConnection): boolean {
  const sql = `SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?`;
  return connection.all(sql, [RESTORE_TABLE]).length > 0;
}

function write(connection: SqliteConnection, sql: string, id: string): void {
  const statement = connection.prepareWrite(sql);
  try {
    statement.run([id]);
  } finally {
    statement.free();
  }
}
