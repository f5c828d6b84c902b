import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';

const NOT_BY_ITSELF = `
  SELECT c.oid::int8::text AS oid FROM pg_class c WHERE c.oid = ANY($1::oid[]) AND (c.relkind = 'p'
    OR 'off' IN (current_setting('autovacuum'), current_setting('track_counts'))
    OR EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
      WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::bool))`;

/** Gathers the planner's statistics where the server does not do so by itself, within a minute after the load. */
export async function analyze(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  const { rows } = await client.query(NOT_BY_ITSELF, [tables.map(({ oid }) => oid)]);
  const found = new Set(rows.map(({ oid }) => Number(oid)));
  for (const { oid, sqlName } of tables) if (found.has(oid)) await client.query(`ANALYZE ${sqlName}`);
}
