import { BackupError } from '../../../../backup.errors.js';
import type { PgClient } from '../connection.js';
import { withHostPath } from './host-path.js';

/** Those that hold rows and that this role may refresh; what others read comes before them. */
const VIEWS = `
  WITH RECURSIVE uses AS (
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS used FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  ), levels AS (
    SELECT oid AS view, 0 AS level FROM pg_class WHERE relkind = 'm'
    UNION SELECT uses.view, level + 1 FROM levels JOIN uses ON uses.used = levels.view
  )
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name FROM levels
  JOIN pg_class c ON c.oid = levels.view JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND pg_has_role(c.relowner, 'USAGE')
  GROUP BY 1 ORDER BY max(level), 1`;

/** Materialized views hold copies of rows. @throws BackupError `RESTORE_FAILED`, naming the view */
export async function refreshViews(client: PgClient): Promise<void> {
  for (const { name } of (await client.query(VIEWS)).rows) {
    try {
      await withHostPath(client, () => client.query(`REFRESH MATERIALIZED VIEW ${String(name)}`));
    } catch (error) {
      const code = (error as { code?: string }).code ?? 'connection lost';
      throw BackupError.restoreFailed(`the materialized view ${String(name)} could not be refreshed (${code})`);
    }
  }
}
