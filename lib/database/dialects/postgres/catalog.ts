import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../catalog-table.js';
import { quoteIdentifier } from '../quote.js';
import { columnEncoding } from './columns.js';
import type { PgClient } from './connection.js';
import type { Names } from './names.js';

/** A relation below a partitioned table. */
export interface PgPartition {
  readonly oid: number;
  /** Schema-qualified and quoted. */
  readonly sqlName: string;
  /** It is partitioned itself, and has no rows of its own. */
  readonly partitioned: boolean;
  /** Its rows are on another server: they are neither read nor written. */
  readonly foreign: boolean;
}

/** A table of the catalog with the details that only PostgreSQL has. */
export interface PgTable extends CatalogTable {
  readonly oid: number;
  /** Schema-qualified and quoted. */
  readonly sqlName: string;
  readonly partitioned: boolean;
  /** Everything below a partitioned table: partitions, and partitions of these. */
  readonly partitions: readonly PgPartition[];
  /** Row-level security would hide rows from this role. */
  readonly filtered: boolean;
}

/** Excludes the system's schemas, what an extension owns, and partitions, whose rows their parent returns. */
export const USER_RELATION = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
  AND n.nspname NOT LIKE 'pg\\_temp%' AND NOT EXISTS (SELECT 1 FROM pg_depend x
    WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')`;

const TABLES = `
  SELECT c.oid::int8::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
    c.relpersistence = 'u' AS unlogged, row_security_active(c.oid) AS filtered,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'base', a.atttypid::regtype::text, 'notNull', a.attnotnull, 'generated', a.attgenerated <> '',
        'refusesNull', a.attnotnull OR t.typtype = 'd' AND t.typnotnull) ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg(a.attname ORDER BY k.position) FROM pg_index i
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
    CASE WHEN c.relkind = 'p' THEN (
      WITH RECURSIVE below AS (
        SELECT inhrelid AS oid FROM pg_inherits WHERE inhparent = c.oid
        UNION SELECT i.inhrelid FROM below JOIN pg_inherits i ON i.inhparent = below.oid)
      SELECT json_agg(json_build_object('oid', p.oid::int8, 'schema', pn.nspname, 'name', p.relname, 'kind', p.relkind,
          'filtered', row_security_active(p.oid)) ORDER BY p.oid)
        FROM below JOIN pg_class p ON p.oid = below.oid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    ) END AS partitions
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${USER_RELATION}
  ORDER BY n.nspname, c.relname`;

/** A key of a partition, or one that refers to it, is one of the whole table. */
const FOREIGN_KEYS = `
  SELECT con.conname AS name, n.nspname AS schema, c.relname AS "table", fn.nspname AS "toSchema", f.relname AS "toTable"
  FROM pg_constraint con
  JOIN pg_class c ON c.oid = coalesce(pg_partition_root(con.conrelid), con.conrelid)
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = coalesce(pg_partition_root(con.confrelid), con.confrelid)
  JOIN pg_namespace fn ON fn.oid = f.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0 ORDER BY n.nspname, c.relname, con.conname`;

interface TableRow {
  oid: string;
  schema: string;
  name: string;
  partitioned: boolean;
  unlogged: boolean;
  filtered: boolean;
  columns: Array<{
    name: string;
    type: string;
    base: string;
    notNull: boolean;
    generated: boolean;
    refusesNull: boolean;
  }> | null;
  key: string[] | null;
  partitions: Array<{ oid: number; schema: string; name: string; kind: string; filtered: boolean }> | null;
}

/** A NOT NULL of a column or of its domain, in the form used in `CatalogTable.constraints`. */
export function notNullText(column: string): string {
  return `NOT NULL ${JSON.stringify(column)}`;
}

/** Every ordinary and partitioned table of the database; schemas are named where the application has to name them. */
export async function readTables(client: PgClient, names: Names): Promise<PgTable[]> {
  const { rows } = await client.query(TABLES);
  return (rows as unknown as TableRow[]).map((row) => toTable(row, names));
}

export async function readForeignKeys(client: PgClient, names: Names): Promise<CatalogForeignKey[]> {
  const { rows } = await client.query(FOREIGN_KEYS);
  return (rows as Array<Record<string, string>>).map((row) => ({
    name: row.name!,
    from: names.locate(row.schema!, row.table!),
    to: names.locate(row.toSchema!, row.toTable!),
  }));
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

function toTable(row: TableRow, names: Names): PgTable {
  const partitions = (row.partitions ?? []).map(({ oid, schema, name, kind }) => ({
    oid,
    sqlName: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    partitioned: kind === 'p',
    foreign: kind === 'f',
  }));
  // If some of them are on another server, the others are read one by one, and each has policies of its own.
  const oneByOne = partitions.some(({ foreign }) => foreign);
  return {
    oid: Number(row.oid),
    ...names.locate(row.schema, row.name),
    sqlName: `${quoteIdentifier(row.schema)}.${quoteIdentifier(row.name)}`,
    partitioned: row.partitioned,
    partitions,
    filtered: row.filtered || (oneByOne && row.partitions!.some(({ filtered }) => filtered)),
    columns: (row.columns ?? []).map(toColumn),
    primaryKey: row.key ?? [],
    constraints: (row.columns ?? [])
      .filter(({ name, refusesNull, generated }) => refusesNull && !generated && !row.key?.includes(name))
      .map(({ name }) => notNullText(name)),
    caveats: row.unlogged
      ? [`Table "${row.schema}.${row.name}" is unlogged: the server empties it after a crash. Its rows are saved.`]
      : [],
  };
}

/** The relations that a table consists of, including itself, except those on another server. */
export function ownRelations({ oid, sqlName, partitioned, partitions }: PgTable): PgPartition[] {
  return [{ oid, sqlName, partitioned, foreign: false }, ...partitions.filter(({ foreign }) => !foreign)];
}

/** Their oids, as one parameter. */
export function oidsOf(tables: readonly PgTable[]): number[] {
  return tables.flatMap((table) => ownRelations(table).map(({ oid }) => oid));
}

/** The relations that contain the rows. */
export function ownLeaves(table: PgTable): PgPartition[] {
  return ownRelations(table).filter(({ partitioned }) => !partitioned);
}

/**
 * What a query has to read to see the table's rows: without those of tables that inherit from it or are on other
 * servers.
 */
export function rowsOf(table: PgTable): string {
  const { sqlName, partitioned, partitions, columns } = table;
  if (!partitioned) return `ONLY ${sqlName}`;
  if (!partitions.some(({ foreign }) => foreign)) return sqlName;
  const list = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const leaves = ownLeaves(table).map((leaf) => `SELECT ${list} FROM ONLY ${leaf.sqlName}`);
  return leaves.length === 0 ? `ONLY ${sqlName}` : `(${leaves.join(' UNION ALL ')}) AS own`;
}

/** For LOCK TABLE: with its partitions, but without tables that inherit from it. */
export function lockList(tables: readonly PgTable[]): string {
  return tables.map(({ sqlName, partitioned }) => (partitioned ? sqlName : `ONLY ${sqlName}`)).join(', ');
}
