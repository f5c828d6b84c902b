import { isUtf8 } from 'node:buffer';
import type { ColumnEncoding, LineTemplate } from '../../../../jsonl/format.js';
import type { CatalogColumn } from '../../../catalog-table.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection, SqliteRead } from '../connection.js';

/** Some lines in one piece. */
export interface LineChunk {
  /** Undefined when a row among them cannot be written in SQL. */
  readonly bytes: Uint8Array | undefined;
  readonly count: number;
  /** The last one's row id. */
  readonly last: bigint;
}

/** Larger rows are read value by value, so that a chunk is bounded before its size is known. */
const LARGEST_ROW_BYTES = 16 * 1024;

/**
 * Lines as SQLite itself makes them, many in one value: a driver's calls, and its objects for each value, cost more
 * than all else that happens to a row. What it writes is byte for byte what `encodeValue` would.
 */
export class LineQuery {
  private constructor(private readonly statement: SqliteRead) {}

  /** @returns undefined where SQLite cannot do it */
  static of(
    connection: SqliteConnection,
    { sqlName, rowId }: SqliteTable,
    { literals, columns }: LineTemplate<CatalogColumn>,
    encoding: string,
  ): LineQuery | undefined {
    if (rowId === undefined || encoding !== 'UTF-8' || !hasFunctions(connection)) return undefined;
    const names = columns.map(({ name }) => quoteIdentifier(name));
    const size = joined(['0', ...names.map((name) => `coalesce(octet_length(${name}), 0)`)], '+');
    const values = columns.map((column, index) => json(names[index]!, column.encoding));
    const texts = literals.map((literal, index) => (index === columns.length ? quote(literal, '\n') : quote(literal)));
    const line = joined(
      texts.flatMap((text, index) => (index === 0 ? [text] : [values[index - 1]!, text])),
      '||',
    );
    const statement = connection.prepareRead(
      `SELECT CAST(group_concat(line, '') AS BLOB), count(*), count(line), max(id) FROM (
         SELECT CASE WHEN ${size} <= ${LARGEST_ROW_BYTES} THEN ${line} END AS line, ${rowId} AS id FROM ${sqlName}
         WHERE ${rowId} >= CAST(? AS INTEGER) ORDER BY ${rowId} LIMIT CAST(? AS INTEGER))`,
    );
    return new LineQuery(statement);
  }

  /** @returns undefined when there are no more rows */
  read(from: bigint, limit: number): LineChunk | undefined {
    const [[bytes, count, made, last] = []] = this.statement.all([String(from), String(limit)]);
    if (count === 0n) return undefined;
    const lines = bytes as Uint8Array;
    const whole = made === count && isUtf8(lines);
    return { bytes: whole ? lines : undefined, count: Number(count), last: last as bigint };
  }

  free(): void {
    this.statement.free();
  }
}

/** An SQLite before 3.43 lacks one of them, and one that was built without JSON lacks the other. */
function hasFunctions(connection: SqliteConnection): boolean {
  try {
    connection.all(`SELECT octet_length(''), json_quote('')`);
    return true;
  } catch {
    return false;
  }
}

/** A value as JSON, as an expression; NULL if SQL cannot write it. */
function json(name: string, encoding: ColumnEncoding): string {
  const text = encoding === 'text' ? `WHEN 'text' THEN json_quote(${name})` : '';
  return `CASE typeof(${name}) ${text} WHEN 'integer' THEN ${integer(name, encoding)}
    WHEN 'real' THEN CASE WHEN ${isShort(name)} THEN ${real(name, encoding)} END WHEN 'null' THEN 'null' END`;
}

function integer(name: string, encoding: ColumnEncoding): string {
  const tagged = `'{"i":"' || ${name} || '"}'`;
  const value = comparable(name);
  if (encoding === 'boolean') return `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE ${tagged} END`;
  if (encoding === 'numeric') return `'"' || ${name} || '"'`;
  if (encoding !== 'integer') return tagged;
  const { MIN_SAFE_INTEGER: lowest, MAX_SAFE_INTEGER: highest } = Number;
  return `CASE WHEN ${value} BETWEEN ${lowest} AND ${highest} THEN ${name} ELSE ${tagged} END`;
}

function real(name: string, encoding: ColumnEncoding): string {
  if (encoding === 'numeric') return `'"' || printf('%!.15g', ${name}) || '"'`;
  const shortest = digits(name);
  return encoding === 'real' ? `'"' || ${shortest} || '"'` : `'{"r":"' || ${shortest} || '"}'`;
}

/**
 * Whether 15 digits are all that the number has: if they give the same number again, no fewer do. Within these limits
 * both languages write them without an exponent, and both read them exactly.
 */
function isShort(name: string): string {
  return `abs(${name}) >= 1e-4 AND abs(${name}) < 1e15 AND CAST(${digits(name)} AS REAL) = ${comparable(name)}`;
}

/** Only the application may have its collation, which SQLite asks for although no text is compared. */
function comparable(name: string): string {
  return `${name} COLLATE BINARY`;
}

/** A cast to TEXT may write 17 digits, depending on the version. */
function digits(name: string): string {
  return `printf('%.15g', ${name})`;
}

function quote(...texts: string[]): string {
  return `'${texts.join('').replaceAll("'", "''")}'`;
}

/** Balanced: SQLite limits the depth of an expression, and each step of a chain would copy all that is before it. */
function joined(parts: readonly string[], operator: string): string {
  if (parts.length === 1) return parts[0]!;
  const half = parts.length >> 1;
  return `(${joined(parts.slice(0, half), operator)} ${operator} ${joined(parts.slice(half), operator)})`;
}
