import { appendQuoted, ByteBuilder } from './byte-builder.js';
import { LINE_BLOCK_BYTES, type LineBlock, type LineTemplate } from './format.js';

/** A value of a line: JSON, or the UTF-8 bytes of a text, which become a JSON string. */
export type LineCell = string | Uint8Array;

/** Collects rows that were encoded in this process into line blocks of about `LINE_BLOCK_BYTES`. */
export class LineBlockBuilder {
  private readonly literals: readonly Buffer[];
  private bytes = new ByteBuilder(LINE_BLOCK_BYTES);
  private count = 0;

  constructor({ literals }: Pick<LineTemplate, 'literals'>) {
    this.literals = literals.map((literal, index) =>
      Buffer.from(index === literals.length - 1 ? `${literal}\n` : literal),
    );
  }

  /** @param values one for each column of the template, in its order */
  add(values: readonly LineCell[]): void {
    const { bytes, literals } = this;
    for (let index = 0; index < values.length; index++) {
      bytes.append(literals[index]!);
      const value = values[index]!;
      if (typeof value === 'string') bytes.appendText(value);
      else appendQuoted(bytes, value);
    }
    bytes.append(literals[values.length]!);
    this.count++;
  }

  get full(): boolean {
    return this.bytes.length >= LINE_BLOCK_BYTES;
  }

  /** The rows since the last call, or undefined if there were none. */
  take(): LineBlock | undefined {
    if (this.count === 0) return undefined;
    const block = { bytes: this.bytes.filled, count: this.count };
    this.bytes = new ByteBuilder(LINE_BLOCK_BYTES);
    this.count = 0;
    return block;
  }
}
