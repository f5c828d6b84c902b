import type { SqliteValue } from '../../connection.js';
import { PACKED, ROW_HEADER_BYTES, VALUE_HEADER_BYTES } from './protocol.js';

/** A block with so many bytes is full. */
const FULL_BYTES = 256 * 1024;
/** Of a block, unless its last row is longer than the rest. */
const BLOCK_BYTES = 2 * FULL_BYTES;

/** Rows in the form in which they reach another thread: each value as its class and its content. */
export class PackedRows {
  length = 0;
  memory = new SharedArrayBuffer(BLOCK_BYTES);
  private bytes = Buffer.from(this.memory);
  private view = new DataView(this.memory);

  get full(): boolean {
    return this.length >= FULL_BYTES;
  }

  /** @param statement its place among the statements */
  add(statement: number, values: readonly SqliteValue[]): void {
    const needed = this.length + ROW_HEADER_BYTES + sizeOf(values);
    if (needed > this.memory.byteLength) this.make(needed);
    this.view.setUint16(this.length, statement);
    this.view.setUint16(this.length + 2, values.length);
    this.length += ROW_HEADER_BYTES;
    for (const value of values) this.put(value);
  }

  clear(): void {
    this.length = 0;
    // A long row keeps no memory.
    if (this.memory.byteLength > BLOCK_BYTES) this.make(BLOCK_BYTES);
  }

  private put(value: SqliteValue): void {
    const { bytes, view } = this;
    if (value === null) {
      bytes[this.length++] = PACKED.null;
    } else if (typeof value === 'bigint') {
      bytes[this.length++] = PACKED.integer;
      view.setBigInt64(this.length, value);
      this.length += 8;
    } else if (typeof value === 'number') {
      bytes[this.length++] = PACKED.real;
      view.setFloat64(this.length, value);
      this.length += 8;
    } else {
      bytes[this.length] = typeof value === 'string' ? PACKED.text : PACKED.bytes;
      const start = this.length + 5;
      if (typeof value !== 'string') bytes.set(value, start);
      const content = typeof value === 'string' ? bytes.write(value, start, 'utf8') : value.length;
      view.setUint32(this.length + 1, content);
      this.length = start + content;
    }
  }

  private make(size: number): void {
    const before = this.bytes.subarray(0, this.length);
    this.memory = new SharedArrayBuffer(size);
    this.bytes = Buffer.from(this.memory);
    this.bytes.set(before);
    this.view = new DataView(this.memory);
  }
}

/** At most so many bytes, whatever the characters of a string. */
function sizeOf(values: readonly SqliteValue[]): number {
  let size = values.length * VALUE_HEADER_BYTES;
  for (const value of values) {
    if (typeof value === 'string') size += Buffer.byteLength(value, 'utf8');
    else if (value instanceof Uint8Array) size += value.length;
  }
  return size;
}
