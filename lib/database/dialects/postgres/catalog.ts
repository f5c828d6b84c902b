import { quoteIdentifier } from '../quote.js';
import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../dialect.js';
import { columnEncoding } from './columns.js';
import type { PgClient } from './connection.js';

/** A table of the catalog with what only PostgreSQL knows. */
export interface PgTable extends CatalogTable {
  readonly oid: number;
  /** Schema-qualified and quoted. */
  readonly sqlName: string;
  readonly partitioned: boolean;
  /** Row-level security would hide rows from this role. */
  readonly filtered: boolean;
}

/** Neither the system's schemas, nor what an extension owns, nor partitions, which their parent returns. */
const USER_RELATION = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
  AND n.nspname NOT LIKE 'pg\\_temp%' AND NOT EXISTS (SELECT 1 FROM pg_depend x
    WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')`;

const TABLES = `
  SELECT c.oid::int8::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
    c.relpersistence = 'u' AS unlogged, row_security_active(c.oid) AS filtered,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'base', a.atttypid::regtype::text, 'notNull', a.attnotnull, 'generated', a.attgenerated <> '')
        ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg(a.attname ORDER BY k.position) FROM pg_index i
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE i.indrelid = c.oid AND i.indisprimary) AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${USER_RELATION}
  ORDER BY n.nspname, c.relname`;

const FOREIGN_KEYS = `
  SELECT con.conname AS name, n.nspname AS schema, c.relname AS "table", fn.nspname AS "toSchema", f.relname AS "toTable"
  FROM pg_constraint con
  JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = con.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0 ORDER BY n.nspname, c.relname, con.conname`;

const NOT_COVERED = `
  SELECT 'Foreign table "' || n.nspname || '.' || c.relname || '" lives in another server and is not saved.' AS caveat
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' AND ${USER_RELATION}
  UNION ALL
  SELECT 'Table "' || n.nspname || '.' || c.relname || '" belongs to the extension ' || x.extname || ' and is not saved.'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  JOIN pg_extension x ON x.oid = d.refobjid WHERE c.relkind IN ('r', 'p')
  UNION ALL
  SELECT 'Materialized view "' || n.nspname || '.' || c.relname || '" is of the role ' || pg_get_userbyid(c.relowner)
    || ': a restore cannot refresh it.'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND NOT pg_has_role(c.relowner, 'USAGE')
  UNION ALL
  SELECT count(*) || ' large objects (pg_largeobject) are not saved.' FROM pg_largeobject_metadata HAVING count(*) > 0`;

interface TableRow {
  oid: string;
  schema: string;
  name: string;
  partitioned: boolean;
  unlogged: boolean;
  filtered: boolean;
  columns: Array<{ name: string; type: string; base: string; notNull: boolean; generated: boolean }> | null;
  key: string[] | null;
}

/** Every ordinary and partitioned table of the database; schemas other than the default one are named. */
export async function readTables(client: PgClient, defaultSchema: string): Promise<PgTable[]> {
  const { rows } = await client.query(TABLES);
  return (rows as unknown as TableRow[]).map((row) => ({
    oid: Number(row.oid),
    schema: row.schema === defaultSchema ? null : row.schema,
    name: row.name,
    sqlName: `${quoteIdentifier(row.schema)}.${quoteIdentifier(row.name)}`,
    partitioned: row.partitioned,
    filtered: row.filtered,
    columns: (row.columns ?? []).map(toColumn),
    primaryKey: row.key ?? [],
    caveats: row.unlogged
      ? [`Table "${row.schema}.${row.name}" is unlogged: the server empties it after a crash. Its rows are saved.`]
      : [],
  }));
}

export async function readForeignKeys(client: PgClient, defaultSchema: string): Promise<CatalogForeignKey[]> {
  const { rows } = await client.query(FOREIGN_KEYS);
  const at = (schema: string, name: string) => ({ schema: schema === defaultSchema ? null : schema, name });
  return (rows as Array<Record<string, string>>).map((row) => ({
    name: row.name!,
    from: at(row.schema!, row.table!),
    to: at(row.toSchema!, row.toTable!),
  }));
}

/** What the database holds that no table export covers, in sentences. */
export async function readCaveats(client: PgClient): Promise<string[]> {
  const { rows } = await client.query(NOT_COVERED);
  return rows.map(({ caveat }) => String(caveat));
}

function toColumn(column: NonNullable<TableRow['columns']>[number]): CatalogColumn {
  return {
    name: column.name,
    type: column.type,
    encoding: columnEncoding(column.base),
    nullable: !column.notNull,
    generated: column.generated,
  };
}
