import type { DataSource } from 'typeorm';
import type { CatalogTable } from './catalog-table.js';
import type { Dialect, Snapshot } from './dialects/dialect.js';
import { RECORDS_TABLE } from './dialects/records.js';
import { RESTORE_TABLE } from './dialects/restore-dialect.js';
import { isExcludedFromBackup, type MappedTables } from './mapped-tables.js';
import { migrationsTableName } from './migrations/record.js';
import { locationKey, modelName } from './table-location.js';

/** A table that goes into the archive. */
export interface PlannedTable {
  readonly model: string;
  readonly entities: readonly string[];
  readonly table: CatalogTable;
  /** Named in the manifest, but without rows. */
  readonly excluded: boolean;
}

/** What is exported, decided from the entities and the catalog; the catalog has the last word. */
export interface TablePlan {
  readonly tables: readonly PlannedTable[];
  readonly warnings: readonly string[];
  /** The names of the tables that the entities map, if none of them exists: then this is hardly the application's database. */
  readonly allMissing?: readonly string[];
}

export class TablePlanner {
  private readonly ownTables: ReadonlySet<string>;

  constructor(
    dataSource: DataSource,
    dialect: Dialect,
    private readonly mapped: MappedTables,
    private readonly unmapped: 'warn' | 'include',
  ) {
    const cache = dataSource.options.cache;
    const cacheTable = (typeof cache === 'object' && cache.tableName) || 'query-result-cache';
    const metadataTable = dataSource.options.metadataTableName ?? 'typeorm_metadata';
    const names = [migrationsTableName(dataSource), metadataTable, cacheTable, RESTORE_TABLE, RECORDS_TABLE];
    const leftAlone = dataSource.entityMetadatas.filter(isExcludedFromBackup).map((entity) => dialect.locate(entity));
    this.ownTables = new Set([...names.map((name) => dialect.locateOwn(name)), ...leftAlone].map(locationKey));
  }

  /** The tables of a catalog whose rows are exported. */
  choose(tables: readonly CatalogTable[]): CatalogTable[] {
    return tables.filter((table) => {
      const mapped = this.mapped.get(locationKey(table));
      return mapped ? !mapped.excluded : this.unmapped === 'include' && !this.isOwn(table);
    });
  }

  plan(snapshot: Snapshot): TablePlan {
    const chosen = new Set(this.choose(snapshot.tables));
    const tables = snapshot.tables
      .filter((table) => chosen.has(table) || this.mapped.has(locationKey(table)))
      .map((table) => {
        const mapped = this.mapped.get(locationKey(table));
        const excluded = mapped?.excluded ?? false;
        return { model: modelName(table), entities: mapped?.entities ?? [], table, excluded };
      });
    const noneExists = !snapshot.tables.some((table) => this.mapped.has(locationKey(table)));
    return {
      tables,
      warnings: [...this.warnings(snapshot, chosen)],
      ...(noneExists &&
        this.mapped.size > 0 && { allMissing: [...this.mapped.values()].map(({ location }) => modelName(location)) }),
    };
  }

  private *warnings(snapshot: Snapshot, chosen: ReadonlySet<CatalogTable>): Iterable<string> {
    const existing = new Set(snapshot.tables.map(locationKey));
    for (const { location, entities } of this.mapped.values()) {
      if (existing.has(locationKey(location))) continue;
      yield `Table "${modelName(location)}" of entity ${entities.join(', ')} does not exist in the database.`;
    }
    for (const table of snapshot.tables) {
      if (this.mapped.has(locationKey(table)) || chosen.has(table) || this.isOwn(table)) continue;
      yield `Table "${modelName(table)}" is mapped by no entity and not saved. Set unmappedTables: 'include' to save it.`;
    }
    yield* this.loose(snapshot, chosen);
    for (const table of chosen) yield* table.caveats;
    yield* snapshot.caveats;
  }

  /** Foreign keys between tables that are saved and tables that are not. */
  private *loose({ foreignKeys }: Snapshot, chosen: ReadonlySet<CatalogTable>): Iterable<string> {
    const saved = new Set([...chosen].map(locationKey));
    for (const { name, from, to } of foreignKeys) {
      const [ours, theirs] = [saved.has(locationKey(from)), saved.has(locationKey(to))];
      if (ours && !theirs) {
        yield `Rows of "${modelName(from)}" may refer by "${name}" to rows of "${modelName(to)}", which are not saved.`;
      }
      // A restore empties tables whose rows are left out, so they are no obstacle.
      if (ours || !(theirs || this.mapped.has(locationKey(to))) || this.mapped.has(locationKey(from))) continue;
      yield `Rows of "${modelName(from)}", which are not saved, may refer by "${name}" to rows of "${modelName(to)}": a restore over such rows is refused. Set unmappedTables: 'include' to save them.`;
    }
  }

  /** Whether it is the library's or TypeORM's own. */
  isOwn(table: CatalogTable): boolean {
    return this.ownTables.has(locationKey(table));
  }
}
