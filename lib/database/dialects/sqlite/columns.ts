import type { ColumnEncoding } from '../../../jsonl/format.js';

/**
 * The encoding of a column, from its declared type: SQLite's affinity, refined where TypeORM's types say more than an
 * affinity does (a `datetime` has NUMERIC affinity and holds text).
 * @see https://www.sqlite.org/datatype3.html#determination_of_column_affinity
 */
export function columnEncoding(declaredType: string): ColumnEncoding {
  const type = declaredType.toUpperCase();
  if (/^BOOL(EAN)?$/.test(type)) return 'boolean';
  if (/BIG ?INT|INT8/.test(type)) return 'numeric';
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'base64';
  if (/REAL|FLOA|DOUB/.test(type)) return 'real';
  return /DEC|NUM/.test(type) ? 'numeric' : 'text';
}
