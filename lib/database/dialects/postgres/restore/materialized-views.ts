import type { PgClient } from '../connection.js';
import { conditionOf, isLost } from '../errors.js';
import { READERS_OF } from '../views.js';
import { withHostSettings } from './settings.js';

/**
 * Views that others read come before them.
 * @param $1 the oids of the tables
 */
const VIEWS = `
  WITH RECURSIVE uses AS (
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS used FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  ), levels AS (
    SELECT oid AS view, 0 AS level FROM pg_class WHERE relkind = 'm'
    UNION SELECT uses.view, level + 1 FROM levels JOIN uses ON uses.used = levels.view
  )
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, n.nspname || '.' || c.relname AS label,
    c.relispopulated AS populated, pg_has_role(c.relowner, 'USAGE') AS owned
  FROM levels JOIN pg_class c ON c.oid = levels.view JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.oid IN (${READERS_OF})
  GROUP BY 1, 2, 3, 4 ORDER BY max(level), 1`;

/**
 * Materialized views contain copies of rows. One that cannot be refreshed stays as it was and is named: the rows
 * themselves are restored.
 */
export async function refreshViews(
  client: PgClient,
  oids: readonly number[],
  warn: (sentence: string) => void,
): Promise<void> {
  for (const { name, label, populated, owned } of (await client.query(VIEWS, [oids])).rows) {
    const view = `Materialized view "${String(label)}"`;
    if (populated !== true) {
      warn(`${view} was never filled here (WITH NO DATA) and stays empty until it is refreshed.`);
    } else if (owned !== true) {
      warn(`${view} is of another role and still holds what it held before the restore.`);
    } else {
      const code = await refresh(client, String(name));
      if (code) {
        warn(`${view} could not be refreshed (${conditionOf(code)}) and still holds what it held before the restore.`);
      }
    }
  }
}

/** @returns the SQLSTATE of the server's refusal */
async function refresh(client: PgClient, name: string): Promise<string | undefined> {
  await client.query('SAVEPOINT refresh_view');
  try {
    await withHostSettings(client, () => client.query(`REFRESH MATERIALIZED VIEW ${name}`));
  } catch (error) {
    const { code } = error as { code?: string };
    if (isLost(code)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT refresh_view');
    return code;
  }
  await client.query('RELEASE SAVEPOINT refresh_view');
  return undefined;
}
