import { basename } from 'node:path';
import type { DataSource } from 'typeorm';
import type { BackupError } from '../../errors/backup-error.js';
import { databaseRefused, type Refused } from '../../errors/database-errors.js';

/** Finds out from a driver's error what was refused permanently; undefined if another attempt may succeed. */
export type FindRefused = (cause: unknown) => Refused | undefined;

/** The error for it, with the name from the application's connection settings. */
export function refusal(dataSource: DataSource, refused: Refused, cause: unknown): BackupError {
  const database = dataSource.driver.database ?? '';
  const names = { database, access: database, user: userOf(dataSource.options), file: basename(database) };
  return databaseRefused(refused, names[refused], cause);
}

interface Credentials {
  readonly username?: unknown;
  readonly url?: unknown;
}

/** With several servers, the settings of the one that is written to. */
function userOf(options: DataSource['options']): string {
  const { replication } = options as { replication?: { master?: Credentials } };
  const { username, url }: Credentials = replication?.master ?? (options as Credentials);
  if (typeof url === 'string' && URL.canParse(url)) {
    const { username: encoded } = new URL(url);
    if (encoded !== '') return decoded(encoded);
  }
  return typeof username === 'string' ? username : '';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
