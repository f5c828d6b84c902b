import { lend } from '../support/lent-bytes.js';
import { appendQuoted, ByteBuilder } from './byte-builder.js';
import { LINE_BLOCK_BYTES, type LineBlock, type LineTemplate } from './format.js';

/** A value of a line: JSON, or the UTF-8 bytes of a text, which become a JSON string. */
export type LineCell = string | Uint8Array;

/** The memory of a block with a long line is not kept. */
const MOST_KEPT_BYTES = 4 * LINE_BLOCK_BYTES;
/** How many blocks are on their way at a time, and one that is being filled. */
const MOST_SPARE = 3;

/** Collects rows that were encoded in this process into line blocks of about `LINE_BLOCK_BYTES`, whose bytes are lent. */
export class LineBlockBuilder {
  private readonly literals: readonly Buffer[];
  private readonly spare: ByteBuilder[] = [];
  private bytes = new ByteBuilder(LINE_BLOCK_BYTES);
  private count = 0;

  constructor({ literals }: Pick<LineTemplate, 'literals'>) {
    this.literals = literals.map((literal, index) =>
      Buffer.from(index === literals.length - 1 ? `${literal}\n` : literal),
    );
  }

  /** @param values one for each column of the template, in its order */
  add(values: readonly LineCell[]): void {
    this.addBy((column, line) => {
      const value = values[column]!;
      if (typeof value === 'string') line.appendText(value);
      else appendQuoted(line, value);
    });
  }

  /** The same, by a function that appends the values itself: it is called for each column, in order. */
  addBy(append: (column: number, line: ByteBuilder) => void): void {
    const { bytes, literals } = this;
    const last = literals.length - 1;
    for (let column = 0; column < last; column++) {
      bytes.append(literals[column]!);
      append(column, bytes);
    }
    bytes.append(literals[last]!);
    this.count++;
  }

  /** Makes room for a long row at once. */
  expect(bytes: number): void {
    if (bytes > LINE_BLOCK_BYTES) this.bytes.reserve(bytes);
  }

  get full(): boolean {
    return this.bytes.length >= LINE_BLOCK_BYTES;
  }

  /** The rows since the last call, or undefined if there were none. */
  take(): LineBlock | undefined {
    if (this.count === 0) return undefined;
    const { bytes } = this;
    const block = { bytes: lend(bytes.filled, () => this.keep(bytes)), count: this.count };
    this.bytes = this.spare.pop() ?? new ByteBuilder(LINE_BLOCK_BYTES);
    this.count = 0;
    return block;
  }

  private keep(bytes: ByteBuilder): void {
    if (bytes.capacity > MOST_KEPT_BYTES || this.spare.length === MOST_SPARE) return;
    bytes.length = 0;
    this.spare.push(bytes);
  }
}
