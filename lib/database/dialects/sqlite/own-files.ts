import { existsSync, realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import { listDatabases } from './databases.js';
import { RECORDS_FILE } from './records.js';
import { REPLACEMENT } from './replace-file.js';

/** What SQLite and the library keep next to a database file. */
const OWN = ['.backup-lock', '.schedule-lock', '.restore-test-lock', RECORDS_FILE];
const COMPANIONS = ['', '-journal', '-wal', '-shm', ...OWN, ...OWN.map((file) => `${file}-journal`)];

/** The files of the databases that the application has open, as absolute paths without links. */
export function ownFiles(dataSource: DataSource): string[] {
  const { type, location } = dataSource.options as { readonly type: string; readonly location?: string };
  if (type === 'sqljs') {
    // A dangling link has no file yet.
    return location && existsSync(location) ? [realpathSync(location), realpathSync(location) + REPLACEMENT] : [];
  }
  const { files } = listDatabases(new BetterSqlite3Opener(dataSource).app);
  return files.flatMap(({ file }) => companionsOf(realpathSync(file)));
}

/** A database file and everything that may be kept next to it. */
export function companionsOf(file: string): string[] {
  return COMPANIONS.map((ending) => file + ending);
}
