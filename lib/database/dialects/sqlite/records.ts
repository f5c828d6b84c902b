import { realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { MemoryRecords, type RecordStore, type StoredRecord } from '../records.js';
import { type BetterSqlite3, BetterSqlite3Opener, toConnection } from './better-sqlite3.js';
import { listDatabases } from './databases.js';
import { openLockFile } from './lock-file.js';

/** A database of its own next to the application's, because whoever writes to that one locks all of it. */
export const RECORDS_FILE = '.backup-state';
/** Nobody holds its lock for longer than it takes to write a line. In milliseconds. */
const BUSY_TIMEOUT = 2_000;
const TABLE =
  'CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, value TEXT NOT NULL, written_at INTEGER NOT NULL)';

/** Those of databases in memory, by their connection. */
const inMemory = new WeakMap<object, MemoryRecords>();

/** @throws BackupError `LOCK_UNUSABLE` when the file cannot be created */
export async function openRecords(dataSource: DataSource): Promise<RecordStore> {
  const file = fileOf(dataSource);
  if (file !== undefined) {
    const path = realpathSync(file);
    return new FileRecords(openLockFile(new BetterSqlite3Opener(dataSource), path, path + RECORDS_FILE));
  }
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: object };
  const records = inMemory.get(databaseConnection) ?? new MemoryRecords();
  inMemory.set(databaseConnection, records);
  return records;
}

function fileOf(dataSource: DataSource): string | undefined {
  if (dataSource.options.type === 'sqljs') return undefined;
  const { files, mainInMemory } = listDatabases(new BetterSqlite3Opener(dataSource).app);
  return mainInMemory ? undefined : files[0]?.file;
}

class FileRecords implements RecordStore {
  readonly lost: AbortSignal = new AbortController().signal;

  constructor(private readonly database: BetterSqlite3) {
    // Nothing in it has to survive a power failure.
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA synchronous = OFF`);
    if (toConnection(database).all("SELECT 1 FROM sqlite_master WHERE name = 'records'").length === 0) {
      database.exec(TABLE);
    }
  }

  async all(): Promise<StoredRecord[]> {
    const rows = toConnection(this.database).all('SELECT name, value, written_at FROM records');
    const now = Date.now();
    return rows.map(([name, value, at]) => ({
      name: String(name),
      value: String(value),
      age: Math.max(0, now - Number(at)),
    }));
  }

  async write(name: string, value: string): Promise<void> {
    this.run('INSERT OR REPLACE INTO records VALUES (?, ?, ?)', name, value, BigInt(Date.now()));
  }

  async remove(name: string): Promise<void> {
    this.run('DELETE FROM records WHERE name = ?', name);
  }

  async close(): Promise<void> {
    this.database.close();
  }

  private run(sql: string, ...values: Array<string | bigint>): void {
    toConnection(this.database).prepareWrite(sql).run(values);
  }
}
