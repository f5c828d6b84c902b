import { realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import { listDatabases } from './databases.js';

/** What SQLite and the backup lock keep beside a database file. */
const LOCKS = ['.backup-lock', '.schedule-lock', '.proof-lock'];
const COMPANIONS = ['', '-journal', '-wal', '-shm', ...LOCKS, ...LOCKS.map((lock) => `${lock}-journal`)];

/** The files of the databases that the application has open, as absolute paths without links. */
export function ownFiles(dataSource: DataSource): string[] {
  if (dataSource.options.type === 'sqljs') return [];
  const { files } = listDatabases(new BetterSqlite3Opener(dataSource).app);
  return files.flatMap(({ file }) => companionsOf(realpathSync(file)));
}

/** A database file and whatever may be kept beside it. */
export function companionsOf(file: string): string[] {
  return COMPANIONS.map((ending) => file + ending);
}
