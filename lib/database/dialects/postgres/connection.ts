import type { DataSource } from 'typeorm';
import { databaseUnavailable, type Refused } from '../../../errors/database-errors.js';
import { missingPackage } from '../../../errors/usage-errors.js';
import { refusal } from '../refusal.js';
import { lendingSocket } from './copy-out.js';

/** The part of node-postgres' client that is used; its types are those of an optional peer. */
export interface PgClient {
  connect(): Promise<void>;
  query(sql: string): Promise<{ rows: Array<Record<string, unknown>> }>;
  query(sql: string, values: unknown[]): Promise<{ rows: Array<Record<string, unknown>> }>;
  query<Submittable extends object>(submittable: Submittable): Submittable;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  readonly processID?: number;
  /** The startup parameters that it sends. */
  readonly connectionParameters?: Record<string, unknown>;
  readonly connection?: { readonly stream: { destroy(): void } };
}
type PgClientConstructor = new (config: object) => PgClient;

/** What TypeORM's PostgresDriver contains once it is connected, the same in 0.3 and 1.x. */
interface PostgresDriver {
  readonly postgres: { readonly Client: PgClientConstructor };
  readonly master: { readonly options: Record<string, unknown> };
  readonly schema?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Ours are set in each transaction, and poolers refuse connections that start with them. */
const NOT_SENT = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'query_timeout'];

export function postgresDriver(dataSource: DataSource): PostgresDriver {
  return dataSource.driver as unknown as PostgresDriver;
}

/**
 * A separate connection to the application's database; the application's pool is not used. Behind a pooler its session
 * is shared, so all queries are made in transactions, which pin what they depend on.
 * @param signal gives up the attempt
 * @throws BackupError `DATABASE_UNAVAILABLE`
 */
export async function connect(dataSource: DataSource, signal?: AbortSignal): Promise<PgClient> {
  const client = await createClient(dataSource);
  client.on('error', () => {}); // Whatever is waiting for the connection is notified as well.
  const abort = () => destroy(client);
  signal?.addEventListener('abort', abort);
  try {
    signal?.throwIfAborted();
    await client.connect();
    return client;
  } catch (cause) {
    destroy(client);
    const refused = refusedByPostgres(cause);
    throw refused ? refusal(dataSource, refused, cause) : databaseUnavailable(cause);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

const NO_SUCH_DATABASE = '3D000';
/** Unknown user, not allowed from here, wrong password, no right to connect to this database. */
const USER_REFUSED: ReadonlySet<unknown> = new Set(['28000', '28P01', '42501']);

/** What a server refuses permanently. The driver itself notices that a password is missing. */
export function refusedByPostgres(cause: unknown): Refused | undefined {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  if (code === NO_SUCH_DATABASE) return 'database';
  return USER_REFUSED.has(code) || String(message).startsWith('SASL: ') ? 'user' : undefined;
}

/** Whether the answering server is the one that was connected to: a pooler makes up process ids of its own. */
export async function ownsSession(client: PgClient): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]?.pid === client.processID;
}

/** Drops a connection in any state: the server ends its transaction and frees its locks. */
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
    keepAlive: true,
    stream: options.stream ?? lendingSocket(),
  };
  const client = new driver.postgres.Client(config);
  if ('connection' in client) return withoutTimeouts(client);
  // TypeORM uses pg-native if it is installed, and that cannot stream.
  const { Client } = await loadPg();
  return withoutTimeouts(new Client(config));
}

async function loadPg(): Promise<{ Client: PgClientConstructor }> {
  try {
    const loaded: unknown = typeof require === 'function' ? require('pg') : (await import('pg')).default;
    return loaded as { Client: PgClientConstructor };
  } catch (cause) {
    throw missingPackage('pg', cause);
  }
}

/** They may be in the options as well as in the URL. */
function withoutTimeouts(client: PgClient): PgClient {
  for (const name of NOT_SENT) delete client.connectionParameters?.[name];
  return client;
}
