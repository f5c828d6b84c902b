/**
 * Views, materialized or not, that directly or indirectly read one of some tables. Views of this role that call a
 * user's function are included, since it may read any table.
 * @param $1 the oids of the tables
 */
export const READERS_OF = `
  WITH RECURSIVE reads AS (
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS used FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  ), concerned AS (
    SELECT unnest($1::oid[]) AS oid
    UNION SELECT r.ev_class FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid JOIN pg_class v ON v.oid = r.ev_class
      WHERE pg_has_role(v.relowner, 'USAGE') AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass
    UNION SELECT reads.view FROM concerned JOIN reads ON reads.used = concerned.oid
  )
  SELECT oid FROM concerned`;
