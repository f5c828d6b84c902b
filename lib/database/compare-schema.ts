import type { CatalogColumn, CatalogTable } from './catalog-table.js';
import { locationKey } from './table-location.js';

/** A table as an archive's manifest describes it. */
export interface ArchivedTable {
  /** The `model` of its lines. */
  readonly name: string;
  readonly schema: string | null;
  readonly table: string;
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  readonly primaryKey: readonly string[];
}

/** A table of the archive and the table of the target that receives its rows. */
export interface MatchedTable<Archived extends ArchivedTable> {
  readonly archived: Archived;
  readonly target: CatalogTable;
}

export interface SchemaComparison<Archived extends ArchivedTable> {
  readonly matched: ReadonlyArray<MatchedTable<Archived>>;
  /** What does not match, in sentences: tables, columns and keys first, then types. */
  readonly differences: readonly string[];
  /** Only types differ. */
  readonly onlyTypes: boolean;
}

/**
 * Matches the tables of an archive with those of the target, by name. Every stored column must exist in both with the
 * same type, and the keys must be equal. The order of the columns does not matter.
 * @param comparable returns a type without details that do not affect its values
 * @param required tables that the application maps and that the archive must therefore have, by `locationKey`
 */
export function compareSchema<Archived extends ArchivedTable>(
  archived: readonly Archived[],
  targets: readonly CatalogTable[],
  required: ReadonlySet<string>,
  comparable: (type: string) => string,
): SchemaComparison<Archived> {
  const byKey = new Map(targets.map((table) => [locationKey(table), table]));
  const matched: Array<MatchedTable<Archived>> = [];
  const differences: string[] = [];
  const types: string[] = [];
  const inArchive = new Set<string>();
  for (const table of archived) {
    const key = locationKey({ schema: table.schema, name: table.table });
    inArchive.add(key);
    const target = byKey.get(key);
    if (!target) {
      differences.push(`Table "${table.name}" is in the archive and not in the target.`);
    } else {
      differences.push(...compareTable(table, target));
      types.push(...compareTypes(table, target, comparable));
      matched.push({ archived: table, target });
    }
  }
  for (const [key, { name }] of byKey) {
    if (required.has(key) && !inArchive.has(key)) {
      differences.push(`Table "${name}" is in the target and not in the archive.`);
    }
  }
  return { matched, differences: [...differences, ...types], onlyTypes: differences.length === 0 };
}

function* compareTable(archived: ArchivedTable, target: CatalogTable): Iterable<string> {
  const stored = storedColumns(target);
  for (const { name } of archived.columns) {
    if (!stored.delete(name)) yield `Column "${archived.name}.${name}" is in the archive and not in the target.`;
  }
  for (const name of stored.keys()) yield `Column "${archived.name}.${name}" is in the target and not in the archive.`;
  if (archived.primaryKey.join('\0') !== target.primaryKey.join('\0')) {
    yield `The primary key of "${archived.name}" is (${archived.primaryKey.join(', ')}) in the archive and (${target.primaryKey.join(', ')}) in the target.`;
  }
}

function* compareTypes(
  archived: ArchivedTable,
  target: CatalogTable,
  comparable: (type: string) => string,
): Iterable<string> {
  const stored = storedColumns(target);
  for (const { name, type } of archived.columns) {
    const there = stored.get(name)?.type;
    if (there === undefined || comparable(there) === comparable(type)) continue;
    yield `Column "${archived.name}.${name}" is ${type} in the archive and ${there} in the target.`;
  }
}

function storedColumns({ columns }: CatalogTable): Map<string, CatalogColumn> {
  return new Map(columns.filter(({ generated }) => !generated).map((column) => [column.name, column]));
}
