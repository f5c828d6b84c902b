import { type ColumnEncoding, type FoundValues, type LineBlock, valueCheck, viewOf } from '../../../../jsonl/format.js';
import { tableScan } from '../../../../jsonl/parser.js';
import { type LineScanner, lineScanner } from '../../../../jsonl/scanner.js';
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
  private lines!: Buffer;
  private view!: DataView;
  private found: FoundValues | undefined;
  /** Of the next line, or of its first place. */
  private at = 0;

  constructor({ model, primaryKey }: ArchivedLines, columns: readonly LoadColumn[]) {
    const named = columns.map(({ target, encoding }) => ({ name: target.name, encoding }));
    const scan = tableScan({ name: model, columns: named, primaryKey });
    this.scanner = lineScanner(scan.lines);
    this.order = scan.order;
    this.encodings = columns.map(({ encoding }) => encoding);
    this.checks = this.encodings.map(valueCheck);
    this.expressions = this.encodings.map((encoding) => (encoding === 'text' ? 'CAST(? AS TEXT)' : '?')).join(', ');
  }

  begin({ bytes, count, found }: LineBlock): void {
    this.lines = bytes;
    this.view = viewOf(bytes);
    this.at = 0;
    this.found = found?.places.length === 2 * this.order.length * count ? found : undefined;
  }

  /**
   * @param row gets the values of the next line, which are valid until the next call
   * @returns false when the line is not written as expected: all from this one on have to be parsed
   */
  next(row: SqliteValue[]): boolean {
    return this.found ? this.take(this.found, row) : this.scan(row);
  }

  private take({ places, texts }: FoundValues, row: SqliteValue[]): boolean {
    for (let index = 0; index < this.order.length; index++) {
      const place = this.at + 2 * this.order[index]!;
      const [start, end] = [places[place]!, places[place + 1]!];
      const value =
        start < 0 ? null : end < 0 ? this.value(texts, start, ~end, index) : this.value(this.lines, start, end, index);
      if (value === undefined) return false;
      row[index] = value;
    }
    this.at += 2 * this.order.length;
    return true;
  }

  private scan(row: SqliteValue[]): boolean {
    const { scanner, lines } = this;
    const next = scanner.scan(lines, this.view, this.at);
    if (next < 0) return false;
    this.unescaper.reset(next - this.at);
    for (let index = 0; index < this.order.length; index++) {
      const place = this.order[index]!;
      const [start, end] = [scanner.starts[place]!, scanner.ends[place]!];
      const value =
        scanner.nulls[place] === 1
          ? null
          : scanner.escaped[place] === 1
            ? this.unescaped(this.unescaper.unescape(this.view, start, end), index)
            : this.value(lines, start, end, index);
      if (value === undefined) return false;
      row[index] = value;
    }
    this.at = next;
    return true;
  }

  private unescaped(bytes: Buffer, index: number): SqliteValue | undefined {
    return this.value(bytes, 0, bytes.length, index);
  }

  private value(bytes: Buffer, start: number, end: number, index: number): SqliteValue | undefined {
    const encoding = this.encodings[index]!;
    if (encoding === 'text') return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
    if (encoding === 'boolean') return end - start === 'true'.length ? 1n : 0n;
    if (encoding === 'integer' || encoding === 'numeric') {
      const integer = smallInteger(bytes, start, end);
      if (integer !== undefined) return integer;
    }
    return this.decoded(index, bytes.toString('latin1', start, end));
  }

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
