import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { BackupError } from '../../../backup.errors.js';
import { quoteIdentifier } from '../quote.js';
import { type BetterSqlite3, BetterSqlite3Opener, toConnection } from './better-sqlite3.js';
import type { SqliteConnection } from './connection.js';
import { copyFile, removeCopy, removeStaleCopies } from './copy-file.js';
import { copySqlJs, sqlJsDatabase, toConnection as sqlJsConnection } from './sql-js.js';

const GIVE_UP_MS = 10_000;
const RETRY_MS = 20;

interface DatabaseFile {
  readonly name: string;
  readonly file: string;
}

/**
 * A connection that shows one moment of the application's database and is nobody else's. The application has a single
 * connection, which is never iterated and never given a transaction.
 */
export async function openSource(dataSource: DataSource, check: () => void): Promise<SqliteConnection> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    return sqlJsConnection(await whenIdle(() => copySqlJs(app), check));
  }
  const opener = new BetterSqlite3Opener(dataSource);
  const files = databaseFiles(opener.app);
  if (files[0]!.file === '') return toConnection(opener.openImage(await imageOf(opener.app, check)));
  for (const { file } of files) removeStaleCopies(file);
  const own = await open(opener, files);
  if (files.every(({ name }) => journalMode(own, name) === 'wal')) return begin(own, files);
  try {
    if (opener.encrypted) return toConnection(opener.openImage(await imageOf(own, check)));
    return await openCopies(opener, own, files, check);
  } finally {
    own.close();
  }
}

/** The main database's file, undefined for one in memory. */
export function databaseFile(dataSource: DataSource): string | undefined {
  if (dataSource.options.type === 'sqljs') return undefined;
  return databaseFiles(new BetterSqlite3Opener(dataSource).app)[0]!.file || undefined;
}

function databaseFiles(database: BetterSqlite3): DatabaseFile[] {
  const rows = toConnection(database).all('PRAGMA database_list');
  const files = rows.map(([, name, file]) => ({ name: String(name), file: String(file ?? '') }));
  return files.filter(({ name }) => name !== 'temp');
}

/** A reading connection of its own, with the same files attached under the same names. */
async function open(opener: BetterSqlite3Opener, [main, ...attached]: DatabaseFile[]): Promise<BetterSqlite3> {
  try {
    const own = await opener.open(main!.file, { timeout: RETRY_MS });
    attach(own, attached);
    return own;
  } catch (error) {
    throw BackupError.databaseUnavailable(error);
  }
}

function attach(database: BetterSqlite3, files: readonly DatabaseFile[]): void {
  for (const { name, file } of files) {
    database.exec(`ATTACH '${file.replaceAll("'", "''")}' AS ${quoteIdentifier(name)}`);
  }
}

function journalMode(database: BetterSqlite3, name: string): string {
  return String(toConnection(database).all(`PRAGMA ${quoteIdentifier(name)}.journal_mode`)[0]![0]);
}

/** In WAL mode writers go on beside a reader. The snapshot is taken by the first read, not by BEGIN. */
function begin(own: BetterSqlite3, files: readonly DatabaseFile[]): SqliteConnection {
  const connection = toConnection(own);
  try {
    connection.exec('BEGIN');
    for (const { name } of files) connection.all(`SELECT count(*) FROM ${quoteIdentifier(name)}.sqlite_master`);
    return connection;
  } catch (error) {
    own.close();
    throw error;
  }
}

/** With a rollback journal a reader would make the application's writes wait, and they wait in the event loop. */
async function openCopies(
  opener: BetterSqlite3Opener,
  own: BetterSqlite3,
  files: readonly DatabaseFile[],
  check: () => void,
): Promise<SqliteConnection> {
  const copies: DatabaseFile[] = [];
  try {
    for (const { name, file } of files) {
      copies.push({ name, file: await copyFile(own, file, name === 'main' ? undefined : name, check) });
    }
    const database = opener.openPlain(copies[0]!.file);
    attach(database, copies.slice(1));
    const connection = toConnection(database);
    connection.all('SELECT count(*) FROM sqlite_master');
    return connection;
  } finally {
    for (const { file } of copies) removeCopy(file);
  }
}

function imageOf(database: BetterSqlite3, check: () => void): Promise<Buffer> {
  return whenIdle(() => {
    if (database.inTransaction) throw new Error('The application has a transaction open.');
    const image = database.serialize();
    // An image that says WAL cannot be opened from memory.
    if (image.length > 19) image.fill(1, 18, 20);
    return image;
  }, check);
}

/** Tries until the application's connection has no transaction open, whose rows a copy would contain. */
async function whenIdle<T>(copy: () => T, check: () => void): Promise<T> {
  for (const giveUp = Date.now() + GIVE_UP_MS; ; await setTimeout(RETRY_MS)) {
    check();
    try {
      return copy();
    } catch (error) {
      if (Date.now() > giveUp) throw BackupError.databaseBusy("The database's only connection", error);
    }
  }
}
