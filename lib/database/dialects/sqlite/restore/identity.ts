import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import { BetterSqlite3Opener } from '../better-sqlite3.js';
import type { SqliteConnection } from '../connection.js';
import { listDatabases } from '../databases.js';

const IDENTITY = /\/\* ([0-9a-f-]{36}) \*\//;

/** Part of the statement that creates the table of marks, which SQLite keeps as it was written. */
export function newIdentity(): string {
  return `/* ${randomUUID()} */`;
}

/**
 * A copy of a file has its identity, but not its path; another file at the same path, in another container, has another
 * identity.
 * @returns undefined before the first restore
 */
export function readIdentity(dataSource: DataSource, connection: SqliteConnection): readonly string[] | undefined {
  const sql = `SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?`;
  const [row] = connection.all(sql, [RESTORE_TABLE]);
  if (!row) return undefined;
  return [IDENTITY.exec(String(row[0]))?.[1] ?? '', placeOf(dataSource)];
}

/** An in-memory database has no path. */
function placeOf(dataSource: DataSource): string {
  if (dataSource.options.type === 'sqljs') {
    const { location } = dataSource.options;
    return location === undefined ? '' : resolve(location);
  }
  const { files, mainInMemory } = listDatabases(new BetterSqlite3Opener(dataSource).app);
  return mainInMemory || !files[0] ? '' : realpathSync(files[0].file);
}
