import { quoteIdentifier } from '../../quote.js';
import { type BetterSqlite3Opener, type SqlDatabase, toConnection } from '../better-sqlite3.js';
import type { SqliteConnection, SqliteValue } from '../connection.js';
import { attach, type DatabaseFile, pragma } from '../databases.js';
import { DatabaseThread } from './thread/database-thread.js';
import { fileOfModule } from './thread/driver-file.js';
import { ThreadWriter } from './thread/thread-writer.js';
import { NotInThreadError, prepareInThread, ThreadedDatabase } from './thread/threaded-database.js';
import { DirectWriter, type MakeWriter } from './write-rows.js';

/**
 * Indexes are filled in random order; with SQLite's default of 2 MiB, most pages would be written and read many times.
 */
const CACHE_KIB = 16 * 1024;

/**
 * Statements that may take long; those that change something, within the transaction. They are run in their order, those of `connection` included,
 * and each before what comes after it; where the connection is in this thread, before the call returns.
 */
export interface LongStatements {
  /** @param control for a statement that ends a transaction, or may find none */
  exec(sql: string, control?: 'control'): Promise<void>;
  all(sql: string, parameters?: readonly SqliteValue[]): Promise<SqliteValue[][]>;
}

/** A connection, in this thread or in another one. */
export interface TargetConnection {
  /** This thread waits for what it does. */
  readonly connection: SqliteConnection;
  readonly long: LongStatements;
  readonly writer: MakeWriter;
  /** The same connection, as created by the driver and used by TypeORM. */
  readonly raw: object;
  /** Releases the connection. */
  release(): Promise<void>;
}

export async function openHere(opener: BetterSqlite3Opener, files: readonly DatabaseFile[]): Promise<TargetConnection> {
  const database = await opener.open(files[0]!.file, { readonly: false });
  try {
    prepareFiles(database, files);
  } catch (error) {
    database.close();
    throw error;
  }
  const opened = inThisThread(toConnection(database));
  return { ...opened, raw: database, release: async () => opened.connection.close() };
}

/**
 * Opens them in a thread of their own, where nothing that SQLite does holds the event loop.
 * @returns undefined where that cannot be: Node allows no threads, a thread cannot load the driver, or the
 *   application prepares its connections in a way that needs this thread
 */
export async function openInThread(
  opener: BetterSqlite3Opener,
  files: readonly DatabaseFile[],
): Promise<TargetConnection | undefined> {
  const driver = fileOfModule(opener.Database);
  const thread = driver === undefined ? undefined : startThread(driver);
  if (!thread) return undefined;
  const database = new ThreadedDatabase(thread);
  try {
    const options = opener.openOptions({ readonly: false, timeout: 0 });
    await thread.request({ kind: 'open', file: files[0]!.file, options }).catch((error: { code?: unknown }) => {
      if (String(error.code).startsWith('SQLITE_')) throw error;
      throw new NotInThreadError('a thread cannot load the driver', { cause: error });
    });
    await opener.prepare(database, 0, (own) => prepareInThread(own, opener.prepareDatabase));
    prepareFiles(database, files);
  } catch (error) {
    await thread.close();
    if (error instanceof NotInThreadError) return undefined;
    throw error;
  }
  return {
    connection: toConnection(database),
    long: {
      exec: async (sql, control) => void (await thread.request({ kind: 'exec', sql, inside: control === undefined })),
      all: async (sql, parameters = []) => {
        const form = { raw: true, safeIntegers: true };
        return (await thread.request({ kind: 'all', sql, parameters, ...form })) as SqliteValue[][];
      },
    },
    writer: (mayBreakChecks) => new ThreadWriter(thread, mayBreakChecks),
    raw: database,
    release: () => thread.close(),
  };
}

function startThread(driver: string): DatabaseThread | undefined {
  try {
    return new DatabaseThread(driver);
  } catch {
    return undefined;
  }
}

export function inThisThread(connection: SqliteConnection): Pick<TargetConnection, 'connection' | 'long' | 'writer'> {
  return {
    connection,
    long: {
      exec: async (sql) => connection.exec(sql),
      all: async (sql, parameters) => connection.all(sql, parameters),
    },
    writer: (mayBreakChecks) => new DirectWriter(connection, mayBreakChecks),
  };
}

/** Even if the application's preparation makes its own connection read-only. */
function prepareFiles(database: SqlDatabase, files: readonly DatabaseFile[]): void {
  attach(database, files);
  database.exec('PRAGMA query_only = OFF; PRAGMA ignore_check_constraints = OFF');
  for (const { name } of files) {
    makeDurable(database, name);
    database.exec(`PRAGMA ${quoteIdentifier(name)}.cache_size = -${CACHE_KIB}`);
  }
}

/** Files are swapped after the commit, so it must survive a power failure; nor may a kill leave half of it. */
function makeDurable(database: SqlDatabase, name: string): void {
  const schema = quoteIdentifier(name);
  if (/^(off|memory)$/.test(pragma(database, name, 'journal_mode'))) {
    database.exec(`PRAGMA ${schema}.journal_mode = DELETE`);
  }
  database.exec(`PRAGMA ${schema}.synchronous = FULL`);
}
