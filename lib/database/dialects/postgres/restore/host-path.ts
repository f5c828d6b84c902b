import type { PgClient } from '../connection.js';

const USE_HOSTS = `SELECT set_config('search_path', reset_val, true) FROM pg_settings WHERE name = 'search_path'`;

/**
 * Runs a statement that may call functions of the application's (of a check, an index, a computed column or a view), which
 * find their tables and each other by the search path that the host's own sessions have. Only inside of a transaction.
 */
export async function withHostPath<Result>(client: PgClient, statement: () => Promise<Result>): Promise<Result> {
  await client.query(USE_HOSTS);
  const result = await statement();
  await client.query('SET LOCAL search_path TO pg_catalog, pg_temp');
  return result;
}
