import { realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { BackupError } from '../../../backup.errors.js';
import type { DatabaseLock } from '../dialect.js';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import { databaseFile } from './source.js';

/** In-memory databases that are being backed up, by their connection: nobody else can reach them. */
const inMemory = new WeakSet<object>();

export async function acquireLock(dataSource: DataSource): Promise<DatabaseLock> {
  const file = databaseFile(dataSource);
  const release = file === undefined ? lockConnection(dataSource) : lockFile(dataSource, file);
  return { lost: new AbortController().signal, release: async () => release() };
}

function lockConnection(dataSource: DataSource): () => void {
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: object };
  if (inMemory.has(databaseConnection)) throw BackupError.locked();
  inMemory.add(databaseConnection);
  return once(() => inMemory.delete(databaseConnection));
}

/**
 * An exclusive transaction on a file beside the database: the system frees it with the process. The empty file stays,
 * since removing it would let a second holder lock a new file of that name.
 */
function lockFile(dataSource: DataSource, file: string): () => void {
  let lock: { close(): unknown } | undefined;
  try {
    const database = new BetterSqlite3Opener(dataSource).openPlain(`${realpathSync(file)}.backup-lock`);
    lock = database;
    database.exec('BEGIN EXCLUSIVE');
    return once(() => database.close());
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') throw BackupError.locked();
    throw BackupError.databaseUnavailable(error);
  }
}

function once(action: () => unknown): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
