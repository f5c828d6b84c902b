import type { CatalogColumn, CatalogTable } from '../../database/catalog-table.js';
import type { MappedColumn, MappedModel } from '../../database/mapped-columns.js';
import { locationKey, modelName } from '../../database/table-location.js';
import type { EngineValues } from '../../database/values/engine-values.js';
import type { ManifestTable } from '../../manifest/manifest.js';
import type { Problems } from './problems.js';

export interface ColumnMatch {
  readonly archived: ManifestTable['columns'][number];
  readonly target: CatalogColumn;
  readonly mapped: MappedColumn | undefined;
}

/** A table of the archive, its counterpart in the target, and its columns in the archive's order. */
export interface TableMatch {
  readonly archived: ManifestTable;
  readonly target: CatalogTable;
  readonly columns: readonly ColumnMatch[];
  readonly mapped: MappedModel | undefined;
}

export interface TargetModel {
  readonly tables: readonly CatalogTable[];
  readonly model: ReadonlyMap<string, MappedModel>;
  readonly values: EngineValues;
}

/**
 * Finds the counterpart of every table and column; one without a counterpart, or with too long a name, is a problem.
 */
export function matchTables(tables: readonly ManifestTable[], target: TargetModel, problems: Problems): TableMatch[] {
  const matches = tables.flatMap((archived) => {
    const found = findTable(archived, target);
    if (found) return [matchColumns(archived, found, target, problems)];
    problems.add(archived.name, undefined, missing(archived.table, target.values));
    return [];
  });
  const matched = new Set(matches.map((match) => locationKey(match.target)));
  for (const table of target.tables) {
    const key = locationKey(table);
    if (!target.model.has(key) || matched.has(key)) continue;
    problems.add(modelName(table), undefined, 'it is in the target but not in the archive');
  }
  return matches;
}

/** By entity first: schemas have different names in different engines. */
function findTable(
  { entities, schema, table }: ManifestTable,
  { tables, model }: TargetModel,
): CatalogTable | undefined {
  const mapped = [...model.values()].find((one) => one.entities.some((entity) => entities.includes(entity)));
  const key = locationKey(mapped?.location ?? { schema, name: table });
  const found = tables.find((one) => locationKey(one) === key);
  if (found || mapped) return found;
  const named = tables.filter(({ name }) => name === table);
  return named.length === 1 ? named[0] : undefined;
}

function matchColumns(
  archived: ManifestTable,
  target: CatalogTable,
  { model, values }: TargetModel,
  problems: Problems,
): TableMatch {
  const mapped = model.get(locationKey(target));
  const left = new Map(target.columns.filter(({ generated }) => !generated).map((column) => [column.name, column]));
  const columns: ColumnMatch[] = [];
  for (const column of archived.columns) {
    const found = left.get(column.name);
    if (found) columns.push({ archived: column, target: found, mapped: mapped?.columns.get(column.name) });
    else problems.add(archived.name, column.name, missing(column.name, values));
    left.delete(column.name);
  }
  for (const { name, nullable } of left.values()) {
    if (nullable || mapped?.columns.get(name)?.optional) continue;
    problems.add(archived.name, name, 'it is in the target but not in the archive, and does not allow NULL');
  }
  if (archived.primaryKey.join('\0') !== target.primaryKey.join('\0')) {
    const [ours, theirs] = [archived.primaryKey, target.primaryKey].map((names) => `(${names.join(', ')})`);
    problems.add(archived.name, undefined, `its primary key is ${ours} in the archive and ${theirs} in the target`);
  }
  return { archived, target, columns, mapped };
}

function missing(name: string, values: EngineValues): string {
  return values.isTooLong(name) ? 'its name is too long for the target' : 'it is in the archive but not in the target';
}
