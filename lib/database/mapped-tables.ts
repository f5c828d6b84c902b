import type { DataSource, EntityMetadata } from 'typeorm';
import { invalidOption } from '../errors/usage-errors.js';
import { locationKey, type TableLocation } from './table-location.js';

const classes = new WeakSet<object>();

/** Marks an entity whose table describes this very database: it is not saved, and a restore leaves it as it is. */
export function ExcludeFromBackup(): ClassDecorator {
  return (target) => void classes.add(target);
}

export function isExcludedFromBackup({ target }: EntityMetadata): boolean {
  return typeof target === 'function' && classes.has(target);
}

/** The entities that have a table whose rows are the application's. */
export function savedEntities({ entityMetadatas }: DataSource): EntityMetadata[] {
  return entityMetadatas.filter((entity) => entity.tableType !== 'view' && !isExcludedFromBackup(entity));
}

/** Finds out where an entity's table is. */
export interface Locates {
  locate(entity: EntityMetadata): TableLocation;
}

/** A physical table that at least one entity maps. */
export interface MappedTable {
  readonly location: TableLocation;
  /** As TypeORM names it in its statements: parts with dots between, not escaped yet. */
  readonly path: string;
  /** Names of all entities that map it, junctions included. */
  readonly entities: readonly string[];
  /** Its rows are left out of backups. */
  readonly excluded: boolean;
}

/** Every physical table of the entities once, keyed by `locationKey`. Views are not tables. */
export type MappedTables = ReadonlyMap<string, MappedTable>;

/**
 * Finds the tables of the entities: children of a single-table inheritance, junctions, closures and several entities of
 * one table all resolve to the table that actually exists.
 * @throws BackupError `INVALID_OPTIONS` for an excluded entity that is unknown, or shares its table with one that is
 *   kept
 */
export function mapTables(
  dataSource: DataSource,
  dialect: Locates,
  excludeEntities: ReadonlyArray<Function | string>,
): MappedTables {
  const entities = savedEntities(dataSource);
  const excluded = findExcluded(entities, excludeEntities);
  const groups = new Map<string, EntityMetadata[]>();
  for (const entity of entities) {
    const key = locationKey(dialect.locate(entity));
    groups.set(key, [...(groups.get(key) ?? []), entity]);
  }
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      {
        location: dialect.locate(group[0]!),
        path: group[0]!.tablePath,
        entities: group.map(({ name }) => name),
        excluded: isExcluded(group, excluded),
      },
    ]),
  );
}

function findExcluded(entities: EntityMetadata[], wanted: ReadonlyArray<Function | string>): Set<EntityMetadata> {
  const found = wanted.map((target) => {
    const entity = entities.find((one) => one.target === target || one.name === target);
    if (entity) return entity;
    const name = typeof target === 'function' ? target.name : String(target);
    throw invalidOption(
      'excludeEntities',
      `"${name}" is not an entity of this DataSource`,
      `Entities: ${entities.map((one) => one.name).join(', ')}.`,
    );
  });
  const excluded = new Set(found);
  // Rows that link to an excluded entity would point nowhere.
  for (const entity of entities) {
    if (entity.isJunction && entity.foreignKeys.some((key) => excluded.has(key.referencedEntityMetadata))) {
      excluded.add(entity);
    }
  }
  return excluded;
}

function isExcluded(group: EntityMetadata[], excluded: ReadonlySet<EntityMetadata>): boolean {
  const out = group.filter((entity) => excluded.has(entity));
  // Excluding the parent of a single-table inheritance excludes its children.
  const parent = out.some((entity) => group.every((one) => one === entity || one.parentEntityMetadata === entity));
  if (out.length === 0 || out.length === group.length || parent) return out.length > 0;
  const kept = group.filter((entity) => !excluded.has(entity)).map(({ name }) => `"${name}"`);
  throw invalidOption(
    'excludeEntities',
    `"${out[0]!.name}" shares its table "${group[0]!.tableName}" with ${kept.join(', ')}`,
    'Exclude all of them, or none.',
  );
}
