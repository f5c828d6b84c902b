import { type ColumnEncoding, type LineBlock, valueCheck } from '../../../../jsonl/format.js';
import { LineValues } from '../../../../jsonl/line-values.js';
import { smallInteger } from '../../../../jsonl/small-integer.js';
import type { ArchivedLines, LoadColumn } from '../../restore-dialect.js';
import type { SqliteValue } from '../connection.js';
import { decodeValue } from '../value-codec.js';

/**
 * Reads rows out of lines as better-sqlite3 binds them, for a database in UTF-8. No string is made of a text: its bytes
 * are bound as they are, and a cast makes TEXT of them without changing any.
 */
export class LineBinder {
  /** The values of an INSERT. Each has the storage class of the line, since a cast also leaves NULL as it is. */
  readonly expressions: string;
  private readonly values: LineValues;
  private readonly encodings: readonly ColumnEncoding[];
  private readonly checks: ReadonlyArray<ReturnType<typeof valueCheck>>;

  constructor({ model, primaryKey }: ArchivedLines, columns: readonly LoadColumn[]) {
    const named = columns.map(({ target, encoding }) => ({ name: target.name, encoding }));
    this.values = new LineValues({ name: model, columns: named, primaryKey });
    this.encodings = columns.map(({ encoding }) => encoding);
    this.checks = this.encodings.map(valueCheck);
    this.expressions = this.encodings.map((encoding) => (encoding === 'text' ? 'CAST(? AS TEXT)' : '?')).join(', ');
  }

  begin(block: LineBlock): void {
    this.values.begin(block);
  }

  /**
   * @param row gets the values of the next line, which are valid until the next call
   * @returns false when the line is not written as expected: all from this one on have to be parsed
   */
  next(row: SqliteValue[]): boolean {
    const { values } = this;
    if (!values.next()) return false;
    for (let index = 0; index < this.encodings.length; index++) {
      const [start, end] = [values.starts[index]!, values.ends[index]!];
      const value = start < 0 ? null : this.value(values.sources[index]!.bytes, start, end, index);
      if (value === undefined) return false;
      row[index] = value;
    }
    return true;
  }

  private value(bytes: Buffer, start: number, end: number, index: number): SqliteValue | undefined {
    const encoding = this.encodings[index]!;
    if (encoding === 'text') return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
    if (encoding === 'boolean') return end - start === 'true'.length ? 1n : 0n;
    if (encoding === 'integer' || encoding === 'numeric') {
      const integer = smallInteger(bytes, start, end);
      if (integer !== undefined) return BigInt(integer);
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
