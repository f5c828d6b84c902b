import type { DataSource } from 'typeorm';
import { BackupError } from '../../../backup.errors.js';

/** The part of node-postgres' client that is used; its types are those of an optional peer. */
export interface PgClient {
  connect(): Promise<void>;
  query(sql: string): Promise<{ rows: Array<Record<string, unknown>> }>;
  query(sql: string, values: unknown[]): Promise<{ rows: Array<Record<string, unknown>> }>;
  query<Submittable extends object>(submittable: Submittable): Submittable;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  readonly connection?: { readonly stream: { destroy(): void } };
}
type PgClientConstructor = new (config: object) => PgClient;

/** What TypeORM's PostgresDriver holds once it is connected, the same in 0.3 and 1.x. */
interface PostgresDriver {
  readonly postgres: { readonly Client: PgClientConstructor };
  readonly master: { readonly options: Record<string, unknown> };
  readonly schema?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

const NO_TIMEOUTS = `
  SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('statement_timeout',
    'idle_in_transaction_session_timeout', 'transaction_timeout', 'idle_session_timeout')`;

/**
 * What values look like, and how they are read, must not depend on what the host, the role or the server is set to; nor
 * may a restore be refused, or its commit be lost with the power after the files were swapped.
 */
const PINNED_SETTINGS = `
  SET client_encoding TO 'UTF8'; SET DateStyle TO 'ISO, MDY'; SET IntervalStyle TO 'postgres';
  SET extra_float_digits TO 1; SET TimeZone TO 'UTC'; SET bytea_output TO 'hex'; SET xmloption TO 'content';
  SET search_path TO pg_catalog; SET row_security TO off; SET quote_all_identifiers TO off;
  SET array_nulls TO on; SET standard_conforming_strings TO on; SET default_transaction_read_only TO off;
  ${NO_TIMEOUTS};
  SELECT pg_catalog.set_config(name, 'on', false) FROM pg_catalog.pg_settings
    WHERE name = 'synchronous_commit' AND setting = 'off';
  SELECT pg_catalog.set_config(name, 'C', false) FROM pg_catalog.pg_settings WHERE name = 'lc_monetary'`;

export function postgresDriver(dataSource: DataSource): PostgresDriver {
  return dataSource.driver as unknown as PostgresDriver;
}

/**
 * A connection of its own to the host's database, with pinned settings; the host's pool is left alone.
 * @throws BackupError `DATABASE_UNAVAILABLE`
 */
export async function connect(dataSource: DataSource): Promise<PgClient> {
  const client = await createClient(dataSource);
  client.on('error', () => {}); // Whatever is waiting for the connection is told as well.
  try {
    await client.connect();
    await pinSettings(client);
    return client;
  } catch (cause) {
    destroy(client);
    throw BackupError.databaseUnavailable(cause);
  }
}

/** Pins the settings again. */
export async function pinSettings(client: PgClient): Promise<void> {
  await client.query(PINNED_SETTINGS);
}

/** Gives the session the settings that the host's own connections begin with: its search path and time zone, say. */
export async function unpinSettings(client: PgClient): Promise<void> {
  await client.query(`RESET ALL; ${NO_TIMEOUTS}`);
}

/** Drops a connection in whatever state it is: the server ends its transaction and frees its locks. */
export function destroy(client: PgClient): void {
  client.connection?.stream.destroy();
}

async function createClient(dataSource: DataSource): Promise<PgClient> {
  const driver = postgresDriver(dataSource);
  const { options } = driver.master;
  const config = {
    ...options,
    // node-postgres hides these two from enumeration.
    password: options.password,
    ssl: options.ssl,
    connectionTimeoutMillis: options.connectionTimeoutMillis ?? CONNECT_TIMEOUT_MS,
    application_name: 'nestjs-backup',
    query_timeout: 0,
    keepAlive: true,
  };
  const client = new driver.postgres.Client(config);
  if ('connection' in client) return client;
  // TypeORM switches to pg-native where it is installed, and that one cannot stream.
  const { default: pg } = (await import('pg')) as unknown as { default: { Client: PgClientConstructor } };
  return new pg.Client(config);
}
