import type { CatalogForeignKey } from '../../catalog-table.js';
import { locationKey } from '../../table-location.js';
import { foreignKeyText } from '../constraint-texts.js';
import type { Names } from './names.js';

/** A column of a primary or a foreign key, in key order. */
export type KeyRow = [
  schema: string,
  table: string,
  constraint: string,
  column: string,
  toSchema: string | null,
  toTable: string | null,
  toColumn: string | null,
];

/** The columns of each table's primary key, by `locationKey`. */
export function primaryKeys(rows: readonly KeyRow[], names: Names): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const [schema, table, , column, , toTable] of rows) {
    if (toTable !== null) continue;
    const key = locationKey(names.locate(schema, table));
    keys.set(key, [...(keys.get(key) ?? []), column]);
  }
  return keys;
}

export function foreignKeys(rows: readonly KeyRow[], names: Names): CatalogForeignKey[] {
  const keys = new Map<string, CatalogForeignKey>();
  for (const [schema, table, name, , toSchema, toTable] of rows) {
    if (toSchema === null || toTable === null) continue;
    const key = { name, from: names.locate(schema, table), to: names.locate(toSchema, toTable) };
    keys.set(JSON.stringify(key), key);
  }
  return [...keys.values()];
}

/** The foreign keys of each table as `CatalogTable.constraints` has them, by `locationKey`. */
export function foreignKeyTexts(rows: readonly KeyRow[], names: Names): Map<string, string[]> {
  const keys = new Map<string, KeyRow[]>();
  for (const row of rows) {
    if (row[5] === null) continue;
    const key = JSON.stringify(row.slice(0, 3));
    keys.set(key, [...(keys.get(key) ?? []), row]);
  }
  const texts = new Map<string, string[]>();
  for (const columns of keys.values()) {
    const [schema, table, , , toSchema, toTable] = columns[0]!;
    const text = foreignKeyText(
      columns.map((row) => row[3]),
      names.locate(toSchema!, toTable!),
      columns.map((row) => row[6]!),
    );
    const key = locationKey(names.locate(schema, table));
    texts.set(key, [...(texts.get(key) ?? []), text]);
  }
  return texts;
}
