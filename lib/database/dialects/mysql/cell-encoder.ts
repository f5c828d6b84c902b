import { isAscii, isUtf8 } from 'node:buffer';
import type { LineCell } from '../../../jsonl/writer.js';
import type { CatalogColumn } from '../../catalog-table.js';
import { baseType, declaredCharset } from './columns.js';
import { decodeText } from './surrogates.js';

/** Turns a cell into a value of a line. */
export type CellEncoder = (cell: Buffer | null) => LineCell;

/** Types whose text contains nothing that JSON escapes. */
const PLAIN: ReadonlySet<string> = new Set(
  'bigint decimal float double bit year date time datetime timestamp uuid inet4 inet6'.split(' '),
);

/** The encoder for what `selectExpression` selects. It throws if a value cannot be written without loss. */
export function cellEncoder(column: CatalogColumn): CellEncoder {
  const encode = bytesEncoder(column);
  return (cell) => (cell === null ? 'null' : encode(cell));
}

function bytesEncoder({ name, type, encoding }: CatalogColumn): (cell: Buffer) => LineCell {
  if (encoding === 'integer') return (cell) => String(Number(cell.toString('latin1'))); // JSON numbers have no leading zeros, ZEROFILL does.
  if (encoding === 'base64') return (cell) => `"${cell.toString('base64')}"`;
  if (encoding === 'hex') return (cell) => `"${cell.toString('hex')}"`;
  if (encoding === 'index' || PLAIN.has(baseType(type))) return (cell) => cell;
  const isExact = declaredCharset(type) === 'ascii' ? isAscii : isUtf8;
  return (cell) => {
    if (isExact(cell)) return cell;
    const text = isExact === isAscii ? undefined : decodeText(cell);
    if (text === undefined) throw new Error(`A value of column "${name}" is not valid text in its character set.`);
    return JSON.stringify(text);
  };
}
