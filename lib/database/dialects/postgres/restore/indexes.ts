import { modelName } from '../../../table-location.js';
import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { oidsOf } from '../relations.js';
import { textLiteral } from '../text-literal.js';
import { sessionFailure } from './errors.js';

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
    AND NOT (i.indisunique AND EXISTS (
      SELECT FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()))
  ORDER BY c.oid`;

/** What the server says of rows that a key does not allow. */
const VIOLATED = new Set(['23505', '23502']);

/**
 * Indexes and keys of tables, dropped before the rows come and built from all of them: that takes a fraction of the time
 * of maintaining them row by row. To be used once no foreign key needs them.
 */
export class IndexesAside {
  private readonly taken: Array<{ readonly table: PgTable; readonly index: Index }> = [];

  constructor(private readonly client: PgClient) {}

  async take(table: PgTable): Promise<void> {
    const indexes = (await this.client.query(REBUILDABLE, [oidsOf([table])])).rows as unknown as Index[];
    for (const index of indexes) {
      const { name, key } = index;
      await this.client.query(
        key === null ? `DROP INDEX ${name}` : `ALTER TABLE ${index.table} DROP CONSTRAINT ${key}`,
      );
      this.taken.push({ table, index });
    }
  }

  /**
   * Builds each of them from the rows that exist now.
   * @throws BackupError `RESTORE_FAILED`, naming the table and the key that rows violate
   */
  async putBack(): Promise<void> {
    for (const { table, index } of this.taken.splice(0)) {
      try {
        await this.build(index);
      } catch (error) {
        if (!VIOLATED.has((error as { code?: string }).code ?? '')) throw error;
        throw sessionFailure(`loaded table "${modelName(table)}"`, error);
      }
    }
  }

  private async build({ name, table, definition, comment, key, kind, keyComment }: Index): Promise<void> {
    const { client } = this;
    await client.query(definition);
    if (comment !== null) await client.query(`COMMENT ON INDEX ${name} IS ${textLiteral(comment)}`);
    if (key === null) return;
    // A constraint and its index have one name.
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${key} ${kind} USING INDEX ${key}`);
    if (keyComment === null) return;
    await client.query(`COMMENT ON CONSTRAINT ${key} ON ${table} IS ${textLiteral(keyComment)}`);
  }
}
