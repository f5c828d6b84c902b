import { quoteIdentifier } from '../quote.js';
import { type SqlDatabase, toConnection } from './better-sqlite3.js';

/** A database file under the name by which SQL qualifies it: `main`, or that of an ATTACH. */
export interface DatabaseFile {
  readonly name: string;
  readonly file: string;
}

/** What a connection has open, except its own temporary tables. */
export interface Databases {
  /** Files, starting with the main one if that is a file. */
  readonly files: readonly DatabaseFile[];
  readonly mainInMemory: boolean;
  /** Names of attached databases that are not files. */
  readonly attachedInMemory: readonly string[];
}

export function listDatabases(database: SqlDatabase): Databases {
  const rows = toConnection(database).all('PRAGMA database_list');
  const all = rows.map(([, name, file]) => ({ name: String(name), file: String(file ?? '') }));
  const inMemory = all.filter(({ name, file }) => file === '' && name !== 'temp').map(({ name }) => name);
  return {
    files: all.filter(({ name, file }) => file !== '' && name !== 'temp'),
    mainInMemory: inMemory.includes('main'),
    attachedInMemory: inMemory.filter((name) => name !== 'main'),
  };
}

/** Attaches the files that the preparation of the connection has not attached already. */
export function attach(database: SqlDatabase, files: readonly DatabaseFile[]): void {
  const there = new Set(listDatabases(database).files.map(({ name }) => name));
  for (const { name, file } of files) {
    if (there.has(name)) continue;
    database.exec(`ATTACH '${file.replaceAll("'", "''")}' AS ${quoteIdentifier(name)}`);
  }
}

/** The single value of a PRAGMA for one of the connection's databases. */
export function pragma(database: SqlDatabase, name: string, what: string): string {
  return String(toConnection(database).all(`PRAGMA ${quoteIdentifier(name)}.${what}`)[0]?.[0]);
}
