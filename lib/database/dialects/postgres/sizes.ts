import type { TableSize } from '../dialect.js';
import type { PgTable } from './catalog.js';
import type { PgClient } from './connection.js';

/**
 * As counted by the last VACUUM or ANALYZE; -1 if there was none. Long values are stored separately from the table.
 * @param $1 oids of tables and partitions
 */
const SIZES = `
  SELECT oid::int8::text AS oid, reltuples::float8 AS rows, pg_table_size(oid)::float8 AS bytes
  FROM pg_class WHERE oid = ANY($1::oid[]) AND relkind = 'r'`;

export async function readSizes(client: PgClient, tables: readonly PgTable[]): Promise<TableSize[]> {
  const parts = tables.map(({ oid, partitions }) => [oid, ...partitions.map((partition) => partition.oid)]);
  const { rows } = await client.query(SIZES, [parts.flat()]);
  const found = new Map((rows as unknown as SizeRow[]).map((row) => [Number(row.oid), row]));
  return parts.map((oids) => {
    const sizes = oids.flatMap((oid) => found.get(oid) ?? []);
    const isKnown = sizes.every(({ rows, bytes }) => rows >= 0 || bytes === 0);
    return {
      rows: isKnown ? sizes.reduce((sum, size) => sum + Math.max(0, size.rows), 0) : null,
      bytes: sizes.reduce((sum, size) => sum + size.bytes, 0),
    };
  });
}

interface SizeRow {
  readonly oid: string;
  readonly rows: number;
  readonly bytes: number;
}
