import { RESTORE_TABLE } from '../../restore-dialect.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';

const MARKS = `main.${quoteIdentifier(RESTORE_TABLE)}`;

export function createMarks(connection: SqliteConnection): void {
  connection.exec(`CREATE TABLE IF NOT EXISTS ${MARKS} (id TEXT PRIMARY KEY, created_at TEXT NOT NULL)`);
}

export function mark(connection: SqliteConnection, id: string): void {
  connection.all(`INSERT INTO ${MARKS} VALUES (?, datetime('now')) RETURNING id`, [id]);
}

export function isMarked(connection: SqliteConnection, id: string): boolean {
  return hasMarks(connection) && connection.all(`SELECT 1 FROM ${MARKS} WHERE id = ?`, [id]).length > 0;
}

export function unmark(connection: SqliteConnection, id: string): void {
  if (hasMarks(connection)) connection.all(`DELETE FROM ${MARKS} WHERE id = ? RETURNING id`, [id]);
}

function hasMarks(connection: SqliteConnection): boolean {
  return connection.all('SELECT 1 FROM main.sqlite_master WHERE name = ?', [RESTORE_TABLE]).length > 0;
}
