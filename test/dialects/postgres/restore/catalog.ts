import type { TestDatabase } from '../../../fixtures/databases.js';

/** The schema `public` of a catalog, in everything but the numbers that the server gives to what it creates. */
const QUERIES = {
  constraints: `
    SELECT conrelid::regclass::text AS "table", conname, pg_get_constraintdef(oid) AS definition,
      obj_description(oid, 'pg_constraint') AS comment, conindid::regclass::text AS index,
      to_jsonb(con) - '{oid,conindid}'::text[] AS "all"
    FROM pg_constraint con WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 ORDER BY 1, 2`,
  indexes: `
    SELECT c.relname, pg_get_indexdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment,
      c.reloptions, c.reltablespace, c.relowner, c.relpersistence, c.relacl, to_jsonb(i) - 'indexrelid' AS "all",
      (SELECT json_agg(json_build_array(attname, attoptions, attcollation, nullif(attstattarget, -1)) ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = c.oid) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  columns: `
    SELECT attrelid::regclass::text AS "table", attname, attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND attnum > 0 ORDER BY 1, 2`,
  dependencies: `
    SELECT DISTINCT regexp_replace(pg_describe_object(classid, objid, objsubid), 'Trigger_([ac])_[0-9]+', '\\1') AS what,
      regexp_replace(pg_describe_object(refclassid, refobjid, refobjsubid), 'Trigger_([ac])_[0-9]+', '\\1') AS of, deptype
    FROM pg_depend WHERE refobjid >= 16384 OR deptype = 'x' ORDER BY 1, 2, 3`,
};

/** Without the table of marks, which exists only after a first restore, and what a server adds to a table. */
export async function catalogOf({ query }: TestDatabase): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(QUERIES)) {
    const rows = await query(sql);
    found[name] = rows.filter((row) => !/nestjs_backup|pg_toast/.test(JSON.stringify(row)));
  }
  return found;
}

/** Names of the indexes that were created since then. */
export async function newIndexes(database: TestDatabase): Promise<() => Promise<string[]>> {
  const numbers = async () => {
    const rows = await database.query(`SELECT relname AS name, oid FROM pg_class WHERE relkind IN ('i', 'I')`);
    return new Map(rows.map(({ name, oid }) => [String(name), Number(oid)]));
  };
  const before = await numbers();
  return async () => {
    const after = await numbers();
    return [...before].flatMap(([name, oid]) => (after.get(name) === oid ? [] : [name])).toSorted();
  };
}
