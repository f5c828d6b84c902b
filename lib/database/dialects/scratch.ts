import { createHash } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { BackupError } from '../../errors/backup-error.js';
import { noScratch } from '../../errors/restore-test-errors.js';

/** An empty database next to the application's, for restore tests. */
export interface ScratchDatabase {
  /** Initialised, with the application's entities and migrations, without its subscribers and its cache. */
  readonly dataSource: DataSource;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/** Creates the application's tables in an empty database. */
export type BuildSchema = (dataSource: DataSource) => Promise<void>;

/** The same name for the same database each time, so that what a killed process has left is found again. */
export function scratchName(database: string): string {
  return `nestjs_backup_scratch_${createHash('sha256').update(database).digest('hex').slice(0, 24)}`;
}

/** Options for connections to another database of the same server; to the master, if there are several servers. */
export function withDatabase(options: DataSourceOptions, name: string): object {
  const { replication, extra, ...rest } = options as DataSourceOptions & {
    readonly replication?: { readonly master: object };
    readonly extra?: object;
  };
  const { url, ...server } = { ...rest, ...replication?.master } as { readonly url?: string };
  const { connectionString } = { ...extra } as { readonly connectionString?: string };
  return {
    ...server,
    database: name,
    ...(url && { url: urlOfDatabase(url, name) }),
    replication: undefined,
    extra: {
      ...extra,
      database: name,
      ...(connectionString && { connectionString: urlOfDatabase(connectionString, name) }),
    },
  };
}

/**
 * The same URL for another database. Drivers accept more than standard URLs (a socket's directory, an empty host,
 * several hosts), so only the path is looked at.
 */
export function urlOfDatabase(url: string, name: string): string {
  if (url.startsWith('/')) return `${url.split(' ')[0]!} ${name}`; // A socket's directory, and the database.
  const [, address, query = ''] = /^([^?#]*)(.*)$/s.exec(url)!;
  if (address!.startsWith('socket:')) {
    const parameters = new URLSearchParams(query.slice(1));
    parameters.set('db', name);
    return `${address}?${parameters.toString()}`;
  }
  const [authority = ''] = /^[^:/]+:\/\/[^/]*/.exec(address!) ?? [];
  return `${authority}/${name}${query}`;
}

/** The application's data source over another database, initialised; nothing is synchronised, dropped or run by it. */
export async function openBeside(host: DataSource, where: object): Promise<DataSource> {
  const quiet = { synchronize: false, dropSchema: false, migrationsRun: false, subscribers: [], cache: false };
  return new DataSource({ ...host.options, ...where, ...quiet, logging: false } as DataSourceOptions).initialize();
}

/** The error for what a database server or a file system refused. */
export function noDatabase(remedy: string, cause: unknown): BackupError {
  return cause instanceof BackupError ? cause : noScratch('no database could be made', remedy, cause);
}

/**
 * @throws BackupError `RESTORE_TEST_FAILED` when entities name databases themselves, which would be the application's
 */
export function refuseOthers({ entityMetadatas }: DataSource): void {
  for (const { name, database } of entityMetadatas) {
    if (!database) continue;
    const remedy = 'Test it by a restore on another machine.';
    throw noScratch(`entity ${name} names its database "${database}"`, remedy);
  }
}
