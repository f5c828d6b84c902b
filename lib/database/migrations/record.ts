import type { DataSource } from 'typeorm';
import type { CatalogTable } from '../catalog-table.js';
import type { Dialect } from '../dialects/dialect.js';
import type { TableReader } from '../dialects/table-reader.js';
import { locationKey } from '../table-location.js';

/** `migrations.json`: what the database has run, and what the code knows, both in order. */
export interface MigrationsRecord {
  readonly applied: ReadonlyArray<{ readonly id: number; readonly timestamp: number; readonly name: string }>;
  readonly known: ReadonlyArray<{ readonly timestamp: number; readonly name: string }>;
}

export function migrationsTableName(dataSource: DataSource): string {
  return dataSource.options.migrationsTableName ?? 'migrations';
}

const COLUMNS = ['id', 'timestamp', 'name'];

/** TypeORM's own record, if there is one among these tables. */
export function findMigrationsTable<Table extends CatalogTable>(
  dataSource: DataSource,
  dialect: Dialect,
  tables: readonly Table[],
): Table | undefined {
  const own = locationKey(dialect.locateOwn(migrationsTableName(dataSource)));
  const table = tables.find((one) => locationKey(one) === own);
  return table && COLUMNS.every((name) => table.columns.some((column) => column.name === name)) ? table : undefined;
}

/** The migrations at the time of reading. */
export async function readMigrations(
  dataSource: DataSource,
  dialect: Dialect,
  reader: Pick<TableReader, 'tables' | 'select'>,
): Promise<MigrationsRecord> {
  const table = findMigrationsTable(dataSource, dialect, reader.tables);
  const rows = table ? await reader.select(table, COLUMNS, 'id') : [];
  return {
    applied: rows.map(([id, timestamp, name]) => ({ id: Number(id), timestamp: Number(timestamp), name: name ?? '' })),
    known: knownMigrations(dataSource),
  };
}

/** TypeORM's rule: the last 13 digits of a migration's name are its timestamp. */
export function knownMigrations(dataSource: DataSource): Array<{ timestamp: number; name: string }> {
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .map((name) => ({ timestamp: Number.parseInt(name.slice(-13), 10), name }))
    .toSorted((one, other) => one.timestamp - other.timestamp);
}
