import { modelName, type TableLocation } from '../table-location.js';

/** A foreign key in the form used in `CatalogTable.constraints`. */
export function foreignKeyText(columns: readonly string[], to: TableLocation, toColumns: readonly string[]): string {
  return `FOREIGN KEY ${JSON.stringify(columns)} REFERENCES ${JSON.stringify(modelName(to))} ${JSON.stringify(toColumns)}`;
}

/** A check in the form used there. */
export function checkText(expression: string): string {
  return `CHECK ${expression}`;
}

export function isCheck(text: string): boolean {
  return text.startsWith('CHECK ');
}

/**
 * Constraints of the tables whose rows an archive contains, by `locationKey`; undefined if the archive does not list
 * them.
 */
export type KnownConstraints = ReadonlyMap<string, readonly string[] | undefined>;

/**
 * Whether rows of an archive may violate constraints of the target because its source had the same constraints: then
 * the rows, as their digest proves, violated them there, too.
 * @param tables the tables whose rows have to be the archive's
 */
export function mayViolate(
  known: KnownConstraints | undefined,
  table: string,
  constraints: readonly string[],
  tables: readonly string[] = [],
): boolean {
  if (!known || ![table, ...tables].every((one) => known.has(one))) return false;
  const own = known.get(table);
  return own === undefined || constraints.every((one) => own.includes(one));
}

/** @param key its name, or its columns */
export function keptOrphans(count: number, table: string, key: string, parent: string): string {
  const rows = count === 1 ? 'row of' : 'rows of';
  const refer = count === 1 ? 'refers' : 'refer';
  return `${count} ${rows} "${table}" ${refer} by the foreign key ${key} to rows of "${parent}" that do not exist. It was the same in the backup's source, so they are kept.`;
}

export function keptRows(count: number, table: string): string {
  const rows = count === 1 ? 'row of' : 'rows of';
  const violate = count === 1 ? 'violates' : 'violate';
  return `${count} ${rows} "${table}" ${violate} a check of the table. It was the same in the backup's source, so they are kept.`;
}
