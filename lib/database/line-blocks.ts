import { type LineBlock, LINE_BLOCK_BYTES } from './dialects/dialect.js';
import type { LineTemplate } from './line-template.js';

/** Collects rows that were encoded in this process into line blocks of about `LINE_BLOCK_BYTES`. */
export class LineBlockBuilder {
  private text = '';
  private rows = 0;

  constructor(private readonly template: LineTemplate) {}

  /** @param values one JSON value for each column of the template, in its order */
  add(values: readonly string[]): void {
    const { literals } = this.template;
    let line = '';
    for (let index = 0; index < values.length; index++) line += literals[index]! + values[index]!;
    this.text += `${line}${literals[values.length]!}\n`;
    this.rows++;
  }

  get full(): boolean {
    return this.text.length >= LINE_BLOCK_BYTES;
  }

  /** The rows since the last call, or nothing when there were none. */
  take(): LineBlock | undefined {
    if (this.rows === 0) return undefined;
    const block = { bytes: Buffer.from(this.text, 'utf8'), rows: this.rows };
    this.text = '';
    this.rows = 0;
    return block;
  }
}
