import { quoteIdentifier } from '../quote.js';
import type { PgPartition, PgTable } from './catalog.js';

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
