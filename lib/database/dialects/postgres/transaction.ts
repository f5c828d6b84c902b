import type { PgClient } from './connection.js';

/**
 * How values look, and how they are read, must not depend on the settings of the application, the role or the server.
 * Temporary tables come last in the search path: a pooled session may still have some, of any name.
 */
const PINNED: Readonly<Record<string, string>> = {
  standard_conforming_strings: 'on',
  search_path: 'pg_catalog, pg_temp',
  datestyle: "'ISO, MDY'",
  intervalstyle: "'postgres'",
  timezone: "'UTC'",
  extra_float_digits: '1',
  bytea_output: "'hex'",
  xmloption: "'content'",
  lc_monetary: "'C'",
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  row_security: 'off',
  default_tablespace: "''",
};
/** Also for migrations: the driver reads no other encoding, and administrators should see whose session it is. */
const KEPT: Readonly<Record<string, string>> = { client_encoding: "'UTF8'", application_name: "'nestjs-backup'" };
/** A backup takes as long as it takes. */
const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
const NEWER_TIMEOUTS = `SELECT name FROM pg_catalog.pg_settings WHERE name IN ('transaction_timeout')`;

/** A restore's commit must survive a power failure, since files are swapped after it; a stronger setting is kept. */
const DURABLE = `SELECT set_config(name, 'on', true) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'`;

const MODES = {
  /** The first query fixes the snapshot, and setting something is not a query. */
  snapshot: 'ISOLATION LEVEL REPEATABLE READ READ ONLY',
  read: 'ISOLATION LEVEL READ COMMITTED READ ONLY',
  write: 'ISOLATION LEVEL READ COMMITTED READ WRITE',
};
export type TransactionMode = keyof typeof MODES;

/** Timeouts that only newer servers have, by the client that asked its server. */
const timeoutsOf = new WeakMap<PgClient, readonly string[]>();

/**
 * Begins a transaction with pinned settings, in one round trip. They end with it: behind a pooler the session is used
 * by others before and after, so nothing may be set, or relied on, outside a transaction.
 */
export async function begin(client: PgClient, mode: TransactionMode): Promise<void> {
  await client.query(await beginSql(client, mode));
}

/** Runs the work in a transaction of its own; rolls back when it fails. */
export async function within<T>(client: PgClient, mode: TransactionMode, work: () => Promise<T>): Promise<T> {
  await begin(client, mode);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
  await client.query('COMMIT');
  return result;
}

/** @param first runs inside the transaction before anything is pinned */
export async function beginSql(
  client: PgClient,
  mode: TransactionMode,
  first: readonly string[] = [],
): Promise<string> {
  const timeouts = timeoutsOf.get(client) ?? (await client.query(NEWER_TIMEOUTS)).rows.map(({ name }) => String(name));
  timeoutsOf.set(client, timeouts);
  return [`BEGIN ${MODES[mode]}`, ...first, ...pins(timeouts), ...(mode === 'write' ? [DURABLE] : [])].join('; ');
}

/** Pins the settings again after migrations have run with the application's. Only inside a transaction. */
export async function pinSettings(client: PgClient): Promise<void> {
  await client.query([...pins(timeoutsOf.get(client) ?? []), DURABLE].join('; '));
}

/**
 * Gives the transaction the settings with which the application's own sessions begin, e.g. its search path and time
 * zone. Timeouts stay off.
 */
export async function unpinSettings(client: PgClient, names = Object.keys(PINNED)): Promise<void> {
  await client.query(names.map((name) => `SET LOCAL ${name} TO DEFAULT`).join('; '));
}

/** Undoes that. */
export async function repinSettings(client: PgClient, names = Object.keys(PINNED)): Promise<void> {
  await client.query(names.map((name) => setLocal(name, PINNED[name]!)).join('; '));
}

/** The schemas of the application's own search path that exist, in one round trip. Only inside a transaction. */
export async function readSearchPath(client: PgClient): Promise<readonly string[]> {
  const read = 'SELECT pg_catalog.to_json(pg_catalog.current_schemas(false)) AS path';
  const unpin = 'SET LOCAL search_path TO DEFAULT';
  const repin = setLocal('search_path', PINNED['search_path']!);
  const results: unknown = await client.query([unpin, read, repin].join('; '));
  const [, { rows }] = results as [unknown, { rows: Array<{ path: string[] }> }];
  return rows[0]!.path;
}

function pins(timeouts: readonly string[]): string[] {
  return [
    ...Object.entries({ ...PINNED, ...KEPT }).map(([name, value]) => setLocal(name, value)),
    ...[...TIMEOUTS, ...timeouts].map((name) => setLocal(name, '0')),
  ];
}

function setLocal(name: string, value: string): string {
  return `SET LOCAL ${name} TO ${value}`;
}
