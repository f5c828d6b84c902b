import { quoteIdentifier } from '../../quote.js';
import type { PgClient } from '../connection.js';
import { beginSql, repinSettings, unpinSettings } from '../transaction.js';

/** How long a table may stay locked by others, in milliseconds. */
export const LOCK_TIMEOUT_MS = 10_000;

/** Until the end of the transaction, no lock is waited for longer. Pinning the settings again undoes this. */
export async function limitWaits(client: PgClient): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
}

/** Settings that the application's functions may depend on, and that do not affect how saved values are read. */
const BESIDE_VALUES = ['search_path', 'timezone'];

/**
 * Runs a statement that evaluates rows (a check, a view) as the application's own sessions would: its functions find
 * tables by their search path, and days begin in their time zone. Only inside a transaction.
 */
export function withHostSettings<Result>(client: PgClient, statement: () => Promise<Result>): Promise<Result> {
  return unpinned(client, statement);
}

/** The same for a statement that reads saved values, too: indexes and computed columns depend on these settings. */
export function withHostFunctions<Result>(client: PgClient, statement: () => Promise<Result>): Promise<Result> {
  return unpinned(client, statement, BESIDE_VALUES);
}

async function unpinned<Result>(client: PgClient, statement: () => Promise<Result>, names?: string[]): Promise<Result> {
  await unpinSettings(client, names);
  const result = await statement();
  await repinSettings(client, names);
  return result;
}

/** What a session can change, starting with its current role; without what belongs to the transaction. */
const SETTINGS = `
  SELECT 'role' AS name, pg_catalog.current_setting('role') AS setting, 'none' AS initial
  UNION ALL SELECT name, setting, reset_val FROM pg_catalog.pg_settings
  WHERE context IN ('user', 'superuser') AND pg_catalog.left(name, 12) <> 'transaction_'`;

interface Setting {
  readonly name: string;
  readonly setting: string;
  readonly initial: string | null;
}

/**
 * The settings of a session at the start of a restore. A migration may SET some permanently, as dumps of schemas do,
 * and behind a pooler the application's next query would find them.
 */
export class SessionSettings {
  private constructor(
    private readonly client: PgClient,
    private readonly before: ReadonlyMap<string, string>,
  ) {}

  /** Begins a writing transaction after reading the session's settings, before ours are pinned. */
  static async begin(client: PgClient): Promise<SessionSettings> {
    const results: unknown = await client.query(await beginSql(client, 'write', [SETTINGS]));
    const [, { rows }] = results as [unknown, { rows: Setting[] }];
    return new SessionSettings(client, new Map(rows.map(({ name, setting }) => [name, setting])));
  }

  /** Restores the session's settings after the transaction; within it, pinned ones are lost. */
  async putBack(): Promise<void> {
    const { rows } = (await this.client.query(SETTINGS)) as unknown as { rows: Setting[] };
    for (const { name, setting, initial } of rows) {
      const before = this.before.get(name);
      if (before === undefined || before === setting) continue;
      if (before === initial) await this.client.query(`RESET ${quoteIdentifier(name)}`);
      else await this.client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, before]);
    }
  }
}
