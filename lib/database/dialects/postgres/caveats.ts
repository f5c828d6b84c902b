import { oidsOf, type PgTable, USER_RELATION } from './catalog.js';
import type { PgClient } from './connection.js';
import { DOMAINS_OF } from './domains.js';
import { DRAWN_BY } from './sequences.js';
import { READERS_OF } from './views.js';

/** @param $1 the oids of the saved tables */
const CAVEATS = `
  SELECT 'Foreign table "' || n.nspname || '.' || c.relname || '" lives in another server and is not saved.' AS caveat
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' AND ${USER_RELATION}
  UNION ALL
  SELECT 'Table "' || n.nspname || '.' || c.relname || '" belongs to the extension ' || x.extname || ' and is not saved.'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  JOIN pg_extension x ON x.oid = d.refobjid WHERE c.relkind IN ('r', 'p')
  UNION ALL
  SELECT 'Materialized view "' || n.nspname || '.' || c.relname || '" belongs to the role ' || pg_get_userbyid(c.relowner)
    || ': a restore cannot refresh it.'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND NOT pg_has_role(c.relowner, 'USAGE') AND c.oid IN (${READERS_OF})
  UNION ALL
  SELECT 'Sequence "' || n.nspname || '.' || c.relname || '" belongs to no saved table and is not saved.'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND ${USER_RELATION} AND NOT EXISTS (SELECT FROM (${DRAWN_BY}) AS users WHERE users.sequence = c.oid)
    AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT')
      AND n.oid IN (SELECT s.relnamespace FROM pg_class s WHERE s.oid = ANY($1::oid[])))
  UNION ALL
  SELECT 'Event trigger "' || evtname || '" runs when the schema changes, which a restore does to suspend constraints: '
    || 'where the role of the restore cannot disable it, it may refuse the restore or write rows.'
  FROM pg_event_trigger WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login'
  UNION ALL
  SELECT 'Domain "' || n.nspname || '.' || t.typname || '" belongs to the role ' || pg_get_userbyid(t.typowner)
    || ', and its constraint "' || con.conname || '" was never validated: a restore cannot bring back rows that violate it.'
  FROM pg_constraint con JOIN pg_type t ON t.oid = con.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE con.contypid IN (${DOMAINS_OF}) AND NOT con.convalidated AND NOT pg_has_role(t.typowner, 'USAGE')
  UNION ALL
  SELECT count(*) || ' large objects (pg_largeobject) are not saved.' FROM pg_largeobject_metadata HAVING count(*) > 0`;

/** What a backup of these tables does not cover, or a restore may not bring back, in sentences. */
export async function readCaveats(client: PgClient, saved: readonly PgTable[]): Promise<string[]> {
  const { rows } = await client.query(CAVEATS, [oidsOf(saved)]);
  return rows.map(({ caveat }) => String(caveat));
}
