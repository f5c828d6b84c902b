import type { ColumnEncoding } from '../../../jsonl/values.js';
import type { CatalogColumn } from '../../catalog-table.js';
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

const SCHEMA = /^(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_]*)(?=\.)/;

/**
 * The name of a type without the schema that it was made in: extensions and enums are installed where each database has
 * room for them. The dot stays, so that none of them can be taken for a built-in type.
 * @param type as `format_type` writes it for a search path that has the built-in types alone
 */
export function withoutSchema(type: string): string {
  return type.replace(SCHEMA, '');
}

/**
 * SQL for the JSON value of a column: text of one line, never NULL. Any column may hold NULL, whatever the catalog says: NOT
 * NULL is a constraint that need not be validated, and older servers check nothing of what was there before.
 */
export function jsonValue({ name: plain, encoding }: CatalogColumn): string {
  const name = quoteIdentifier(plain);
  switch (encoding) {
    case 'integer':
    case 'boolean':
      return `coalesce(${name}::text, 'null')`;
    case 'hex':
      return `coalesce('"' || encode(${name}, 'hex') || '"', 'null')`;
    default:
      // concat() calls the type's own output function; a cast to text would strip a character's blanks and the like.
      // IS NULL would also be true of a row value whose fields are all null.
      return `CASE WHEN ${name} IS NOT DISTINCT FROM NULL THEN 'null' ELSE to_json(concat(${name}))::text END`;
  }
}
