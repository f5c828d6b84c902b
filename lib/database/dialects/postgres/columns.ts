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
 * The name of a type without the schema in which it was created: extensions and enums are installed in different
 * schemas of different databases. The dot stays, so that none of them can be mistaken for a built-in type.
 * @param type as written by `format_type` with a search path that contains only the built-in types
 */
export function withoutSchema(type: string): string {
  return type.replace(SCHEMA, '');
}

/**
 * SQL for the JSON value of a column: text of one line, never NULL. Any column may contain NULL, whatever the catalog
 * says: a NOT NULL constraint need not have been validated, and older servers do not check existing rows.
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
      // concat() calls the type's own output function; a cast to text would remove a character's blanks, for example.
      // IS NULL would also be true for a row value whose fields are all null.
      return `CASE WHEN ${name} IS NOT DISTINCT FROM NULL THEN 'null' ELSE to_json(concat(${name}))::text END`;
  }
}
