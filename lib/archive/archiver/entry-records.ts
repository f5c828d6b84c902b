import { CENTRAL_BYTES } from './entry-headers.js';
import type { EngineEntries, EngineEntry } from './internals.js';

const PIECE_BYTES = 64 * 1024;

/**
 * The entries written so far, each as the bytes of its central directory record: 91 bytes and its name, where
 * archiver's own list keeps an object of 450 bytes.
 */
export class EntryRecords implements EngineEntries {
  length = 0;
  private readonly full: Buffer[] = [];
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private filled = 0;
  /** The last entry can be withdrawn, so it is not yet among the others. */
  private last: { readonly entry: EngineEntry; readonly record: Buffer } | undefined;

  constructor(private readonly recordOf: (entry: EngineEntry) => Buffer) {}

  push(entry: EngineEntry): void {
    this.keepLast();
    this.last = { entry, record: this.recordOf(entry) };
    this.length++;
  }

  /** Adds the first `length` bytes as the record of an entry that will not be withdrawn. */
  add(record: Buffer, length: number): void {
    this.keepLast();
    this.keep(record, length);
    this.length++;
  }

  at(_index: -1): EngineEntry | undefined {
    return this.last?.entry;
  }

  pop(): void {
    if (!this.last) return;
    this.last = undefined;
    this.length--;
  }

  /** All records, in pieces. */
  *pieces(): Generator<Buffer> {
    this.keepLast();
    yield* this.full;
    if (this.filled > 0) yield this.piece.subarray(0, this.filled);
  }

  /** All names, as they are in the records. */
  *names(): Generator<Buffer> {
    for (const piece of this.pieces()) {
      for (let at = 0; at < piece.length; ) {
        const end = at + CENTRAL_BYTES + piece.readUInt16LE(at + 28);
        yield piece.subarray(at + CENTRAL_BYTES, end);
        at = end + piece.readUInt16LE(at + 30) + piece.readUInt16LE(at + 32);
      }
    }
  }

  private keepLast(): void {
    if (!this.last) return;
    const { record } = this.last;
    this.last = undefined;
    this.keep(record, record.length);
  }

  private keep(record: Buffer, length: number): void {
    if (this.filled + length > this.piece.length) {
      this.full.push(this.piece.subarray(0, this.filled));
      this.piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, length));
      this.filled = 0;
    }
    this.filled += record.copy(this.piece, this.filled, 0, length);
  }
}
