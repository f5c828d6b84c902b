import type { DataSource } from 'typeorm';
import type { Dialect, Snapshot } from '../dialects/dialect.js';
import { locationKey } from '../table-location.js';

/** `migrations.json`: what the database has run, and what the code knows, both in order. */
export interface MigrationsRecord {
  readonly applied: ReadonlyArray<{ readonly id: number; readonly timestamp: number; readonly name: string }>;
  readonly known: ReadonlyArray<{ readonly timestamp: number; readonly name: string }>;
}

export function migrationsTableName(dataSource: DataSource): string {
  return dataSource.options.migrationsTableName ?? 'migrations';
}

/** The migrations at the moment of the snapshot. */
export async function readMigrations(
  dataSource: DataSource,
  dialect: Dialect,
  snapshot: Snapshot,
): Promise<MigrationsRecord> {
  const own = locationKey(dialect.locateOwn(migrationsTableName(dataSource)));
  const table = snapshot.tables.find((one) => locationKey(one) === own);
  const columns = ['id', 'timestamp', 'name'];
  const isTypeOrms = table && columns.every((name) => table.columns.some((column) => column.name === name));
  const rows = isTypeOrms ? await snapshot.select(table, columns, 'id') : [];
  return {
    applied: rows.map(([id, timestamp, name]) => ({ id: Number(id), timestamp: Number(timestamp), name: name ?? '' })),
    known: knownMigrations(dataSource),
  };
}

/** TypeORM's own rule: a migration's name ends in the 13 digits of its timestamp. */
function knownMigrations(dataSource: DataSource): Array<{ timestamp: number; name: string }> {
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .map((name) => ({ timestamp: Number.parseInt(name.slice(-13), 10), name }))
    .toSorted((one, other) => one.timestamp - other.timestamp);
}
