import { oidsOf, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';
import { DECODED } from './freeze.js';

interface Index {
  /** Qualified and quoted, as is `table`. */
  readonly name: string;
  readonly table: string;
  readonly definition: string;
  readonly comment: string | null;
  /** Quoted name of the primary key or unique constraint that the index belongs to. */
  readonly key: string | null;
  readonly kind: 'PRIMARY KEY' | 'UNIQUE';
  readonly keyComment: string | null;
}

/**
 * Indexes that are completely described by their definition: valid, of plain columns, not part of a partitioned index,
 * without a tablespace, statistics targets or a CLUSTER mark of their own, and without other dependencies in either
 * direction, such as views that group by the key. With primary keys and unique constraints, unless these can be deferred.
 * All others stay, and are maintained row by row, as are those that
 *
 * - compare by functions that could find other things by another search path
 * - are primary keys of tables from which others inherit, and from these the columns' NOT NULL
 * - tell whoever decodes the log by which columns a row is known
 * - this role could not create again
 * - are keys, where sorting all of their values might take more temporary space than the server allows
 */
const REBUILDABLE = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
    quote_ident(tn.nspname) || '.' || quote_ident(t.relname) AS "table", pg_get_indexdef(c.oid) AS definition,
    obj_description(c.oid, 'pg_class') AS comment, quote_ident(con.conname) AS key,
    CASE con.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END AS kind,
    obj_description(con.oid, 'pg_constraint') AS "keyComment"
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_am am ON am.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    LEFT JOIN pg_constraint con ON con.conindid = c.oid AND con.contype IN ('p', 'u')
  WHERE i.indrelid = ANY($1::oid[]) AND t.relkind = 'r' AND c.relkind = 'i' AND NOT c.relispartition
    AND am.amname = 'btree' AND i.indisvalid AND i.indisready AND i.indislive AND c.relowner = t.relowner
    AND NOT i.indisclustered AND NOT i.indisreplident
    AND i.indexprs IS NULL AND i.indpred IS NULL AND c.reltablespace = 0 AND c.relacl IS NULL
    AND has_schema_privilege(n.oid, 'CREATE') AND NOT (i.indisprimary AND t.relhassubclass)
    AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    AND NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.objoid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_constraint'::regclass AND d.refobjid = con.oid
      AND (d.classid <> 'pg_class'::regclass OR d.objid <> c.oid))
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype IN ('e', 'x', 'i', 'P', 'S')
      AND (d.classid = 'pg_class'::regclass AND d.objid = c.oid
        OR d.classid = 'pg_constraint'::regclass AND d.objid = con.oid)
      AND (d.refclassid <> 'pg_constraint'::regclass OR d.refobjid IS DISTINCT FROM con.oid))
    AND NOT EXISTS (SELECT FROM unnest(i.indclass::oid[]) AS used JOIN pg_opclass oc ON oc.oid = used
      JOIN pg_amproc s ON s.amprocfamily = oc.opcfamily JOIN pg_proc p ON p.oid = s.amproc
      JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname NOT IN ('internal', 'c'))
    AND NOT (i.indisunique AND (${DECODED} OR current_setting('temp_file_limit') <> '-1'))
  ORDER BY c.oid`;

/**
 * Indexes and keys of a table, dropped before its rows come and built from all of them: that takes a fraction of the time
 * of maintaining them row by row. To be used while no foreign key needs them.
 */
export class IndexesAside {
  private constructor(
    private readonly client: PgClient,
    private readonly indexes: readonly Index[],
  ) {}

  static async take(client: PgClient, table: PgTable): Promise<IndexesAside> {
    const indexes = (await client.query(REBUILDABLE, [oidsOf([table])])).rows as unknown as Index[];
    for (const { name, table: sqlName, key } of indexes) {
      await client.query(key === null ? `DROP INDEX ${name}` : `ALTER TABLE ${sqlName} DROP CONSTRAINT ${key}`);
    }
    return new IndexesAside(client, indexes);
  }

  /** Builds each of them from the rows that exist now, which a key may refuse. */
  async putBack(): Promise<void> {
    const { client } = this;
    for (const { name, table, definition, comment, key, kind, keyComment } of this.indexes) {
      await client.query(definition);
      if (comment !== null) await client.query(`COMMENT ON INDEX ${name} IS ${textLiteral(comment)}`);
      if (key === null) continue;
      // A constraint and its index have one name.
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${key} ${kind} USING INDEX ${key}`);
      if (keyComment === null) continue;
      await client.query(`COMMENT ON CONSTRAINT ${key} ON ${table} IS ${textLiteral(keyComment)}`);
    }
  }
}
