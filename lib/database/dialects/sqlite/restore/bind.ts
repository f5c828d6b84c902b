import type { SqliteValue } from '../connection.js';
import { RawText } from '../value-codec.js';

/** The expression for a value in an INSERT, and what is bound to it. */
export interface Bound {
  readonly sql: string;
  readonly parameter: SqliteValue;
}

/** How a driver stores a value in exactly its storage class; the column's affinity applies as it did originally. */
export type Bind = (value: SqliteValue | RawText) => Bound;

const asText = ({ bytes }: RawText): Bound => ({ sql: 'CAST(? AS TEXT)', parameter: bytes });

/** Numbers are bound as REAL, BigInts as INTEGER. */
export const bindBetterSqlite3: Bind = (value) =>
  value instanceof RawText ? asText(value) : { sql: '?', parameter: value };

/** sql.js binds whole Numbers as INTEGER and BigInts as TEXT. */
export const bindSqlJs: Bind = (value) => {
  if (typeof value === 'bigint') return { sql: 'CAST(? AS INTEGER)', parameter: String(value) };
  if (typeof value === 'number') return { sql: 'CAST(? AS REAL)', parameter: value };
  return bindBetterSqlite3(value);
};

/** What SQLite turns U+FFFD into when it converts a string to UTF-16. */
const NO_CHARACTERS = /[\uFFFE\uFFFF]/;

/** In a database with another encoding, bytes are taken as text in that encoding. */
export function inEncoding(bind: Bind, encoding: string): Bind {
  if (encoding === 'UTF-8') return bind;
  return (value) => {
    // The export refuses text that is invalid in UTF-16, so this was written by a database in UTF-8.
    if (value instanceof RawText) throw new Error(`a text is not valid and the database stores ${encoding}`);
    if (typeof value !== 'string' || !NO_CHARACTERS.test(value)) return bind(value);
    const bytes = Buffer.from(value, 'utf16le');
    return bind(new RawText(encoding === 'UTF-16be' ? bytes.swap16() : bytes));
  };
}
