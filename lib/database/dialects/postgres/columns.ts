import type { ColumnEncoding } from '../../column-encoding.js';
import type { CatalogColumn } from '../dialect.js';
import { quoteIdentifier } from '../quote.js';

const ENCODINGS: Readonly<Record<string, ColumnEncoding>> = {
  smallint: 'integer',
  integer: 'integer',
  boolean: 'boolean',
  bytea: 'hex',
};

/** @param type the type's name without modifiers, as `regtype` writes it */
export function columnEncoding(type: string): ColumnEncoding {
  return ENCODINGS[type] ?? 'text';
}

/** SQL for the JSON value of a column: text of one line, never NULL. */
export function jsonValue(column: CatalogColumn): string {
  const name = quoteIdentifier(column.name);
  switch (column.encoding) {
    case 'integer':
    case 'boolean':
      return orNull(column, `${name}::text`);
    case 'hex':
      return orNull(column, `'"' || encode(${name}, 'hex') || '"'`);
    default:
      // concat() calls the type's own output function; a cast to text would strip a character's blanks and the like.
      // IS NULL would also be true of a row value whose fields are all null.
      return column.nullable
        ? `CASE WHEN ${name} IS NOT DISTINCT FROM NULL THEN 'null' ELSE to_json(concat(${name}))::text END`
        : `to_json(concat(${name}))::text`;
  }
}

function orNull({ nullable }: CatalogColumn, sql: string): string {
  return nullable ? `coalesce(${sql}, 'null')` : sql;
}
