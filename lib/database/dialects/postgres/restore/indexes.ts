import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';

interface Index {
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

/**
 * Indexes that are completely described by their definition: valid, of plain columns, not unique, not part of a
 * constraint or of a partitioned index, without a tablespace, statistics targets or a CLUSTER mark of their own, and
 * without other dependencies in either direction. All others stay, and are maintained row by row.
 */
const REBUILDABLE = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, pg_get_indexdef(c.oid) AS definition,
    obj_description(c.oid, 'pg_class') AS comment
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_am am ON am.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid
  WHERE i.indrelid = ANY($1::oid[]) AND t.relkind = 'r' AND c.relkind = 'i' AND NOT c.relispartition
    AND am.amname = 'btree' AND i.indisvalid AND i.indisready AND i.indislive AND c.relowner = t.relowner
    AND NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisclustered AND NOT i.indisreplident
    AND i.indexprs IS NULL AND i.indpred IS NULL AND c.reltablespace = 0 AND c.relacl IS NULL
    AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    AND NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.objoid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.deptype IN ('e', 'x', 'i', 'P', 'S'))
  ORDER BY c.oid`;

/** Drops indexes: building one from all rows takes a fraction of the time of maintaining it row by row. */
export class IndexesAside {
  private constructor(
    private readonly client: PgClient,
    private readonly indexes: readonly Index[],
  ) {}

  static async take(client: PgClient, oids: readonly number[]): Promise<IndexesAside> {
    const indexes = (await client.query(REBUILDABLE, [oids])).rows as unknown as Index[];
    if (indexes.length > 0) await client.query(`DROP INDEX ${indexes.map(({ name }) => name).join(', ')}`);
    return new IndexesAside(client, indexes);
  }

  /** Builds each of them from the rows that exist now. */
  async putBack(): Promise<void> {
    for (const { name, definition, comment } of this.indexes) {
      await this.client.query(definition);
      if (comment === null) continue;
      await this.client.query(`COMMENT ON INDEX ${name} IS ${textLiteral(comment)}`);
    }
  }
}
