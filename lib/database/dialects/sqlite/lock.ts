import { realpathSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { locked, lockUnusable } from '../../../errors/lock-errors.js';
import type { DatabaseLock, LockName } from '../dialect.js';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import { listDatabases } from './databases.js';
import { failure } from './errors.js';
import { ELSEWHERE, openLockFile } from './lock-file.js';

/** Locks of in-memory databases, by their connection: nobody else can reach them. */
const inMemory: Record<LockName, WeakSet<object>> = {
  backup: new WeakSet(),
  schedule: new WeakSet(),
  'restore-test': new WeakSet(),
};

export async function acquireLock(dataSource: DataSource, name: LockName): Promise<DatabaseLock> {
  const held: Array<() => unknown> = [];
  const release = () => held.splice(0).forEach((free) => free());
  try {
    if (dataSource.options.type === 'sqljs') held.push(lockConnection(dataSource, name));
    else for (const lock of locksOf(dataSource, name)) held.push(lock());
    return { lost: new AbortController().signal, release: async () => release() };
  } catch (error) {
    release();
    throw failure('took its lock', error);
  }
}

/** Attached files are locked too: they may be the main file of another application. */
function locksOf(dataSource: DataSource, name: LockName): Array<() => () => unknown> {
  const opener = new BetterSqlite3Opener(dataSource);
  const { files, mainInMemory } = listDatabases(opener.app);
  const paths = new Set(files.map(({ file }) => realpathSync(file)));
  return [
    ...(mainInMemory ? [() => lockConnection(dataSource, name)] : []),
    ...[...paths].map((path) => () => lockFile(opener, path, name)),
  ];
}

function lockConnection(dataSource: DataSource, name: LockName): () => unknown {
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: object };
  const taken = inMemory[name];
  if (taken.has(databaseConnection)) throw locked();
  taken.add(databaseConnection);
  return () => taken.delete(databaseConnection);
}

/**
 * An exclusive transaction on a file next to the database: the system frees it with the process. The empty file stays,
 * since removing it would allow a second holder to lock a new file with that name.
 */
function lockFile(opener: BetterSqlite3Opener, path: string, name: LockName): () => unknown {
  const lockFile = `${path}.${name}-lock`;
  const database = openLockFile(opener, path, lockFile);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    if (String((error as { code?: string }).code).startsWith('SQLITE_BUSY')) throw locked();
    throw lockUnusable(lockFile, 'SQLite cannot lock it', ELSEWHERE, error);
  }
}
