import { type ColumnEncoding, valueCheck, viewOf } from '../../../../jsonl/format.js';
import { tableScanner } from '../../../../jsonl/parser.js';
import type { LineScanner } from '../../../../jsonl/scanner.js';
import { Unescaper } from '../../../../jsonl/unescape.js';
import type { ArchivedLines, LoadColumn } from '../../restore-dialect.js';
import type { SqliteValue } from '../connection.js';
import { decodeValue } from '../value-codec.js';

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** Any number with this many digits is exact as a double. */
const SAFE_DIGITS = 15;

/**
 * Reads rows out of lines as better-sqlite3 binds them, for a database in UTF-8. No string is made of a text: its bytes
 * are bound as they are, and a cast makes TEXT of them without changing any.
 */
export class LineBinder {
  /** The values of an INSERT. Each has the storage class of the line, since a cast also leaves NULL as it is. */
  readonly expressions: string;
  private readonly scanner: LineScanner;
  private readonly order: readonly number[];
  private readonly encodings: readonly ColumnEncoding[];
  private readonly checks: ReadonlyArray<ReturnType<typeof valueCheck>>;
  private readonly unescaper = new Unescaper();
  private lines: Buffer | undefined;
  private view!: DataView;

  constructor({ model, primaryKey }: ArchivedLines, columns: readonly LoadColumn[]) {
    const named = columns.map(({ target, encoding }) => ({ name: target.name, encoding }));
    const { scanner, order } = tableScanner({ name: model, columns: named, primaryKey });
    this.scanner = scanner;
    this.order = order;
    this.encodings = columns.map(({ encoding }) => encoding);
    this.checks = this.encodings.map(valueCheck);
    this.expressions = this.encodings.map((encoding) => (encoding === 'text' ? 'CAST(? AS TEXT)' : '?')).join(', ');
  }

  /**
   * @param row gets the values, which are valid until the next call
   * @returns the start of the next line, or -1 when this one is not written as expected and has to be parsed
   */
  read(lines: Buffer, at: number, row: SqliteValue[]): number {
    if (lines !== this.lines) {
      this.lines = lines;
      this.view = viewOf(lines);
    }
    const next = this.scanner.scan(lines, at);
    if (next < 0) return -1;
    this.unescaper.reset(next - at);
    for (let index = 0; index < this.order.length; index++) {
      const value = this.value(lines, index);
      if (value === undefined) return -1;
      row[index] = value;
    }
    return next;
  }

  private value(lines: Buffer, index: number): SqliteValue | undefined {
    const { scanner } = this;
    const column = this.order[index]!;
    if (scanner.nulls[column] === 1) return null;
    const [start, end] = [scanner.starts[column]!, scanner.ends[column]!];
    const encoding = this.encodings[index]!;
    if (encoding === 'boolean') return end - start === 'true'.length ? 1n : 0n;
    if (encoding === 'text') {
      if (scanner.escaped[column] === 1) return this.unescaper.unescape(this.view, start, end);
      return new Uint8Array(lines.buffer, lines.byteOffset + start, end - start);
    }
    if (encoding === 'integer' || encoding === 'numeric') {
      const integer = smallInteger(lines, start, end);
      if (integer !== undefined) return integer;
    }
    return this.decoded(index, lines.toString('latin1', start, end));
  }

  /** @param text without its escapes, which nothing needs in these encodings */
  private decoded(index: number, text: string): SqliteValue | undefined {
    if (!this.checks[index]!(text)) return undefined;
    try {
      return decodeValue(this.encodings[index]!, text) as SqliteValue;
    } catch {
      // Parsed again, it becomes an error that says where it is.
      return undefined;
    }
  }
}

/** @returns undefined for more digits, or anything else */
function smallInteger(bytes: Buffer, start: number, end: number): bigint | undefined {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (first === end || end - first > SAFE_DIGITS) return undefined;
  let value = 0;
  for (let at = first; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < ZERO || byte > NINE) return undefined;
    value = value * 10 + byte - ZERO;
  }
  return BigInt(first === start ? value : -value);
}
