import type { DataSource } from 'typeorm';
import type { CatalogForeignKey } from '../../../catalog-table.js';
import { isOwnTable } from '../../records.js';
import { readForeignKeys, readTables, type SqliteTable } from '../catalog.js';
import { spelledAsEntities } from '../spelling.js';
import type { Target } from './target.js';

/** The tables that a backup of these databases has, and the foreign keys of all of them. */
export function restorableTables(
  { connection, left }: Target,
  dataSource: DataSource,
): { readonly tables: readonly SqliteTable[]; readonly foreignKeys: readonly CatalogForeignKey[] } {
  const listed = spelledAsEntities(readTables(connection).tables, dataSource);
  const tables = listed.filter(({ schema }) => schema === null || !left.includes(schema));
  return {
    tables: tables.filter((table) => !isOwnTable(table)),
    foreignKeys: readForeignKeys(connection, tables),
  };
}
