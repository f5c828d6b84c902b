import type { ColumnEncoding } from '../../../jsonl/format.js';
import type { CatalogColumn } from '../../catalog-table.js';
import { quoteIdentifier } from '../quote.js';

/** A column of the catalog with the details that only MySQL has. */
export interface MysqlColumn extends CatalogColumn {
  readonly charset: string | null;
}

const ENCODINGS: ReadonlyMap<string, ColumnEncoding> = new Map([
  ...['tinyint', 'smallint', 'mediumint', 'int'].map((type) => [type, 'integer'] as const),
  ...['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector'].map(
    (type) => [type, 'base64'] as const,
  ),
  // SRID and WKB, as stored.
  ...['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon'].map(
    (type) => [type, 'hex'] as const,
  ),
  ...['geometrycollection', 'geomcollection'].map((type) => [type, 'hex'] as const),
]);

/** The declared type, with the character set if that is not UTF-8: bytes can only be interpreted with both. */
export function declaredType(columnType: string, charset: string | null): string {
  return charset === null || /^utf8(mb[34])?$/.test(charset) ? columnType : `${columnType} character set ${charset}`;
}

const WIDTH = /^(tinyint|smallint|mediumint|int|bigint)\(\d+\)/;

/**
 * The type without what servers display differently: the display width of integers, which MySQL no longer has, remarks
 * in comments, newer names. The width of a zero-filled number is kept, since it affects what its readers see.
 */
export function withoutDisplay(type: string): string {
  if (/^(?:enum|set)\(/.test(type)) return type;
  const plain = type.replaceAll(/\s*\/\*.*?\*\//gs, '').replace(/^geomcollection\b/, 'geometrycollection');
  return / zerofill\b/.test(plain) ? plain : plain.replace(WIDTH, '$1').replace(/^year\(4\)/, 'year');
}

/** The character set that `declaredType` added. */
export function declaredCharset(type: string): string | undefined {
  return / character set (\w+)$/.exec(type)?.[1];
}

/** The type without length, sign and character set. */
export function baseType(type: string): string {
  return /^\w*/.exec(type)![0];
}

export function columnEncoding(type: string): ColumnEncoding {
  const base = baseType(type);
  if (base === 'enum' && hasEmptyLabel(type)) return 'index';
  return ENCODINGS.get(base) ?? 'text';
}

/**
 * The expression that yields a column's loss-free bytes in the text protocol. The plain column wherever possible: HEX,
 * TO_BASE64 and CAST(… AS BINARY) yield NULL, with only a warning, for values above max_allowed_packet.
 */
export function selectExpression({ name, type, encoding }: CatalogColumn): string {
  const column = quoteIdentifier(name, '`');
  const base = baseType(type);
  const charset = declaredCharset(type);
  if (encoding === 'index' || base === 'bit') return `${column} + 0`;
  if (base === 'float') return `${column} * 1e0`; // As text it has 6 digits.
  // The server would send anything but ASCII as question marks.
  if (charset && (encoding === 'base64' || charset === 'ascii')) return `CONVERT(${column} USING binary)`;
  return column;
}

/** An empty label cannot be distinguished from the error value, which is also empty. */
function hasEmptyLabel(type: string): boolean {
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].some(([, label]) => label === '');
}
