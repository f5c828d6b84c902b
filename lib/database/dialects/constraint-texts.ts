import { modelName, type TableLocation } from '../table-location.js';

/** A foreign key as it stands in `CatalogTable.constraints`. */
export function foreignKeyText(columns: readonly string[], to: TableLocation, toColumns: readonly string[]): string {
  return `FOREIGN KEY ${JSON.stringify(columns)} REFERENCES ${JSON.stringify(modelName(to))} ${JSON.stringify(toColumns)}`;
}

/** A check as it stands there. */
export function checkText(expression: string): string {
  return `CHECK ${expression}`;
}

export function isCheck(text: string): boolean {
  return text.startsWith('CHECK ');
}

/** Constraints of the tables whose rows an archive holds, by `locationKey`; undefined where it does not tell them. */
export type KnownConstraints = ReadonlyMap<string, readonly string[] | undefined>;

/**
 * Whether rows of an archive may violate constraints of the target, since its source had them too: then the rows, which
 * their digest proves, violated them there.
 * @param tables whose rows have to be the archive's
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

/** @param key what it is called, or its columns */
export function keptOrphans(count: number, table: string, key: string, parent: string): string {
  const rows = count === 1 ? 'row of' : 'rows of';
  const refer = count === 1 ? 'refers' : 'refer';
  return `${count} ${rows} "${table}" ${refer} by the foreign key ${key} to rows of "${parent}" that are not there. The backup's source held them so, and they are kept.`;
}

export function keptRows(count: number, table: string): string {
  const rows = count === 1 ? 'row of' : 'rows of';
  const violate = count === 1 ? 'violates' : 'violate';
  return `${count} ${rows} "${table}" ${violate} a check of the table. The backup's source held them so, and they are kept.`;
}
