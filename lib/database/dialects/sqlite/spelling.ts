import type { DataSource, EntityMetadata } from 'typeorm';
import { locationKey, type TableLocation } from '../../table-location.js';
import type { SqliteTable } from './catalog.js';

/** Where an entity's table lives. TypeORM attaches an entity's `database`, a file, under a name of its own making. */
export function entityLocation(dataSource: DataSource, { database, tableName }: EntityMetadata): TableLocation {
  const { getAttachedDatabaseHandleByRelativePath: handleOf } = dataSource.driver as unknown as {
    getAttachedDatabaseHandleByRelativePath?: (path: string) => string | undefined;
  };
  const schema = database === undefined ? null : (handleOf?.call(dataSource.driver, database) ?? null);
  return { schema, name: tableName };
}

/** The same tables. Where the catalog spells a name in another case, which SQLite ignores, the entities' spelling wins. */
export function spelledAsEntities(tables: readonly SqliteTable[], dataSource: DataSource): SqliteTable[] {
  const entities = dataSource.entityMetadatas.filter(({ tableType }) => tableType !== 'view');
  const known = new Map(
    entities.map((entity) => entityLocation(dataSource, entity)).map((location) => [folded(location), location.name]),
  );
  return tables.map((table) => ({ ...table, name: known.get(folded(table)) ?? table.name }));
}

/** SQLite folds ASCII letters only. */
export function foldCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function folded({ schema, name }: TableLocation): string {
  return locationKey({ schema, name: foldCase(name) });
}
