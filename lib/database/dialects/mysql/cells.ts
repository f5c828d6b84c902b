import { isAscii } from 'node:buffer';
import type { CatalogColumn } from '../dialect.js';
import { baseType, declaredCharset } from './columns.js';
import { decodeText } from './text.js';

/** Writes one cell as a JSON value. */
export type CellEncoder = (cell: Buffer | null) => string;

/** Types whose text has nothing that JSON escapes. */
const PLAIN: ReadonlySet<string> = new Set(
  'bigint decimal float double bit year date time datetime timestamp uuid inet4 inet6'.split(' '),
);

/** What JSON escapes, and what stands for bytes that are no UTF-8. Testing is faster than letting JSON look. */
const SPECIAL = /["\\\p{Cc}\p{Cs}\ufffd]/u;

/** The encoder for what `selectExpression` selects. It throws for what it cannot write without loss. */
export function cellEncoder(column: CatalogColumn): CellEncoder {
  const encode = bytesEncoder(column);
  return (cell) => (cell === null ? 'null' : encode(cell));
}

function bytesEncoder({ name, type, encoding }: CatalogColumn): (cell: Buffer) => string {
  if (encoding === 'integer') return (cell) => String(Number(cell.toString('latin1'))); // ZEROFILL is no JSON number.
  if (encoding === 'base64') return (cell) => `"${cell.toString('base64')}"`;
  if (encoding === 'hex') return (cell) => `"${cell.toString('hex')}"`;
  if (encoding === 'index' || PLAIN.has(baseType(type))) return (cell) => `"${cell.toString('latin1')}"`;
  const ascii = declaredCharset(type) === 'ascii';
  return (cell) => {
    const text = cell.toString('utf8');
    if (!ascii && !SPECIAL.test(text)) return `"${text}"`;
    const exact = ascii && !isAscii(cell) ? undefined : decodeText(cell);
    if (exact === undefined) throw new Error(`A value of column "${name}" is no valid text of its character set.`);
    return JSON.stringify(exact);
  };
}
