import type { PgClient } from '../connection.js';
import { repinSettings, unpinSettings } from '../transaction.js';

/** Those that functions of the application's go by, and that change nothing about how saved values are read. */
const BESIDE_VALUES = ['search_path', 'timezone'];

/**
 * Runs a statement that computes something of rows (a check, a view) as the application's own sessions would: what it calls
 * finds tables by their search path, and days begin by their time zone. Only inside of a transaction.
 */
export function withHostSettings<Result>(client: PgClient, statement: () => Promise<Result>): Promise<Result> {
  return unpinned(client, statement);
}

/** The same for one that reads saved values, too: indexes and computed columns go by these settings. */
export function withHostFunctions<Result>(client: PgClient, statement: () => Promise<Result>): Promise<Result> {
  return unpinned(client, statement, BESIDE_VALUES);
}

async function unpinned<Result>(client: PgClient, statement: () => Promise<Result>, names?: string[]): Promise<Result> {
  await unpinSettings(client, names);
  const result = await statement();
  await repinSettings(client, names);
  return result;
}
