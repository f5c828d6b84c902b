import { type Bytes, bytesOf, copyRange } from '../../../../../jsonl/bytes.js';

/** How a value is sent: a text with its length, or a double. */
export type ValueKind = 'text' | 'number';

/** Room for all that a packet has before its values. */
export const HEAD_BYTES = 16 * 1024;
/** The most that a value takes besides its text. */
export const VALUE_BYTES = 8;

/**
 * Values of rows, one after the other, as a packet of the protocol has them (`COM_STMT_EXECUTE`): a length and a text in
 * UTF-8, or a double of eight bytes; nothing for NULL.
 */
export class RowBytes {
  /** Rows that are whole. */
  count = 0;
  /** Where the values end. */
  end = HEAD_BYTES;
  /** Which values are NULL, counted from the first row's first. */
  readonly nulls: number[] = [];
  private readonly memory: Bytes;
  /** Where each row ends. */
  private readonly ends: number[] = [];
  private values = 0;

  /**
   * @param kinds of the values of a row
   * @param capacity for values, in bytes; whoever adds some knows that they fit
   */
  constructor(
    readonly kinds: readonly ValueKind[],
    capacity: number,
  ) {
    this.memory = bytesOf(Buffer.allocUnsafeSlow(HEAD_BYTES + capacity));
  }

  get bytes(): Buffer {
    return this.memory.bytes;
  }

  addText(from: Bytes, start: number, end: number): void {
    const { memory } = this;
    const length = end - start;
    let at = this.end;
    if (length < 251) {
      memory.bytes[at++] = length;
    } else if (length < 2 ** 16) {
      memory.bytes[at] = 0xfc;
      memory.view.setUint16(at + 1, length, true);
      at += 3;
    } else {
      memory.view.setUint32(at, 0xfd + length * 2 ** 8, true);
      at += 4;
    }
    this.end = copyRange(from, start, end, memory, at);
    this.values++;
  }

  addNumber(value: number): void {
    this.memory.view.setFloat64(this.end, value, true);
    this.end += 8;
    this.values++;
  }

  addNull(): void {
    this.nulls.push(this.values++);
  }

  endRow(): void {
    this.ends.push(this.end);
    this.count++;
  }

  /** Takes back the values of a row that has not ended. */
  abandonRow(): void {
    this.keep(this.count);
  }

  /** Moves all rows but the first ones to where there are none yet. */
  moveRest(kept: number, to: RowBytes): void {
    const start = this.endOf(kept);
    const first = kept * this.kinds.length;
    this.memory.bytes.copy(to.memory.bytes, HEAD_BYTES, start, this.end);
    to.count = this.count - kept;
    to.end = HEAD_BYTES + this.end - start;
    to.values = to.count * this.kinds.length;
    for (let row = kept; row < this.count; row++) to.ends.push(this.ends[row]! - start + HEAD_BYTES);
    for (const place of this.nulls) if (place >= first) to.nulls.push(place - first);
    this.keep(kept);
  }

  clear(): void {
    this.keep(0);
  }

  /** The values again, of each row. */
  rows(): Array<Array<string | number | null>> {
    const { kinds } = this;
    const nulls = new Set(this.nulls);
    let at = HEAD_BYTES;
    const text = (): string => {
      const { bytes } = this;
      const first = bytes[at]!;
      const lengthBytes = first < 251 ? 0 : first - 0xfa;
      const length = lengthBytes === 0 ? first : bytes.readUIntLE(at + 1, lengthBytes);
      const start = at + 1 + lengthBytes;
      at = start + length;
      return bytes.toString('utf8', start, at);
    };
    const number = (): number => {
      at += 8;
      return this.bytes.readDoubleLE(at - 8);
    };
    return Array.from({ length: this.count }, (_, row) =>
      kinds.map((kind, index) => {
        if (nulls.has(row * kinds.length + index)) return null;
        return kind === 'text' ? text() : number();
      }),
    );
  }

  private endOf(row: number): number {
    return row === 0 ? HEAD_BYTES : this.ends[row - 1]!;
  }

  private keep(rows: number): void {
    this.end = this.endOf(rows);
    this.count = rows;
    this.values = rows * this.kinds.length;
    this.ends.length = rows;
    while (this.nulls.length > 0 && this.nulls.at(-1)! >= this.values) this.nulls.pop();
  }
}
