import type { ColumnEncoding } from '../../../jsonl/format.js';

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
