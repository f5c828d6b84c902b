import { oidsOf, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';

/** When a table is read in parts, and how large these are, in bytes as stored. */
export interface PartSizes {
  readonly leastTable: number;
  readonly part: number;
  /** Of a column, for which it is worth that. */
  readonly types: RegExp;
}

/** Consecutive parts of a table, by where its rows are stored. */
export interface TableParts {
  readonly count: number;
  /** SQL that holds for the rows of a part. */
  condition(part: number): string;
}

/**
 * Those with enough to read. The last part of each has no end, whatever the table has become since. The rows of a
 * partitioned table are in no order of their own, and may be read through that table only.
 */
export async function largeTables(
  client: PgClient,
  tables: readonly PgTable[],
  sizes: PartSizes,
): Promise<Map<number, TableParts>> {
  const ordinary = tables.filter(
    ({ partitioned, columns }) => !partitioned && columns.some(({ type }) => sizes.types.test(type)),
  );
  const { rows } = await client.query(LARGE, [oidsOf(ordinary), sizes.leastTable]);
  return new Map(
    rows.map(({ oid, pages, bytes }) => {
      const pagesOfPart = Math.max(1, Math.floor((sizes.part * Number(pages)) / Number(bytes)));
      return [Number(oid), partsOf(Number(pages), pagesOfPart)] as const;
    }),
  );
}

const LARGE = `
  SELECT oid::int8::text AS oid, (pg_relation_size(oid) / current_setting('block_size')::int)::float8 AS pages,
    pg_table_size(oid)::float8 AS bytes
  FROM pg_class WHERE oid = ANY($1::oid[]) AND pg_table_size(oid) >= $2`;

function partsOf(pages: number, pagesOfPart: number): TableParts {
  const count = Math.max(1, Math.ceil(pages / pagesOfPart));
  const start = (part: number) => `'(${part * pagesOfPart},0)'`;
  return {
    count,
    condition(part) {
      const from = `ctid >= ${start(part)}`;
      return part < count - 1 ? `${from} AND ctid < ${start(part + 1)}` : from;
    },
  };
}
