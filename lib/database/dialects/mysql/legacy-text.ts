import type { CatalogColumn, CatalogTable } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import { quoteIdentifier } from '../quote.js';
import { declaredCharset } from './columns.js';
import type { MysqlConnection } from './connection.js';
import { tableFailure } from './errors.js';
import type { Names } from './names.js';

/**
 * Character sets in which every byte sequence that a column can hold survives the conversion to Unicode and back
 * (measured). The others have codes without a character, which are sent as "?", or two codes for one character. ASCII
 * is read as bytes anyway.
 */
const LOSSLESS: ReadonlySet<string> = new Set(
  'ascii latin1 latin2 latin5 latin7 cp850 cp852 cp866 koi8r koi8u keybcs2 macce macroman ucs2 utf16 utf16le utf32'.split(
    ' ',
  ),
);

/**
 * Turns columns of old character sets that contain such codes into bytes. This reads them completely, but such columns
 * are rare today.
 */
export async function keepLegacyBytes(
  connection: MysqlConnection,
  names: Names,
  table: CatalogTable,
): Promise<CatalogTable> {
  const suspects = table.columns.filter(isSuspect);
  if (suspects.length === 0) return table;
  const checks = suspects.map((column) => `MAX(${changesInUnicode(column)})`).join(', ');
  try {
    const [row] = await connection.texts(`SELECT ${checks} FROM ${names.sql(table)}`);
    const lossy = new Set(suspects.filter((_, index) => row![index] === '1'));
    const columns = table.columns.map((one) => (lossy.has(one) ? { ...one, encoding: 'base64' as const } : one));
    return { ...table, columns };
  } catch (error) {
    throw tableFailure(modelName(table), error);
  }
}

function isSuspect({ type, encoding, generated }: CatalogColumn): boolean {
  const charset = declaredCharset(type);
  return charset !== undefined && encoding === 'text' && !generated && !LOSSLESS.has(charset);
}

function changesInUnicode({ name, type }: CatalogColumn): string {
  const column = quoteIdentifier(name, '`');
  const back = `CONVERT(CONVERT(${column} USING utf8mb4) USING ${declaredCharset(type)!})`;
  return `NOT (CONVERT(${column} USING binary) <=> CONVERT(${back} USING binary))`;
}
