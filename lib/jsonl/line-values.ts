import { type Bytes, bytesOf } from './bytes.js';
import type { FoundValues, LineBlock } from './format.js';
import { type LineTable, tableScan } from './parser.js';
import { type LineScanner, lineScanner } from './scanner.js';
import { Unescaper } from './unescape.js';

/**
 * Goes through the lines of one table without making strings of their values: they are where a thread has found them,
 * or are found here.
 */
export class LineValues {
  /** Of the current line, where the bytes of each column's value are: without quotes and escapes. */
  readonly sources: Bytes[] = [];
  /** A start of -1 is null. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  private readonly scanner: LineScanner;
  /** The place in a line of each column. */
  private readonly order: readonly number[];
  private readonly unescaper = new Unescaper();
  private lines!: Bytes;
  private texts!: Bytes;
  private found: FoundValues | undefined;
  /** Of the next line, or of its first place. */
  private at = 0;

  constructor(table: LineTable) {
    const { lines, order } = tableScan(table);
    this.scanner = lineScanner(lines);
    this.order = order;
    this.starts = new Int32Array(order.length);
    this.ends = new Int32Array(order.length);
  }

  begin({ bytes, count, found }: LineBlock): void {
    this.at = 0;
    this.lines = bytesOf(bytes);
    this.found = found?.places.length === 2 * this.order.length * count ? found : undefined;
    if (this.found) this.texts = bytesOf(this.found.texts);
  }

  /** @returns false when the next line is not written as expected: all from this one on have to be parsed */
  next(): boolean {
    if (!this.found) return this.scan();
    this.take(this.found.places);
    return true;
  }

  private take(places: Int32Array): void {
    const { order, sources, starts, ends, texts, lines, at } = this;
    const { length } = order;
    for (let index = 0; index < length; index++) {
      const place = at + 2 * order[index]!;
      const end = places[place + 1]!;
      starts[index] = places[place]!;
      ends[index] = end < 0 ? ~end : end;
      // Mostly the same as before, and V8 keeps account of objects that are stored in others.
      const source = end < 0 ? texts : lines;
      if (sources[index] !== source) sources[index] = source;
    }
    this.at = at + 2 * length;
  }

  private scan(): boolean {
    const { scanner, lines, order, sources, starts, ends } = this;
    const next = scanner.scan(lines.bytes, lines.view, this.at);
    if (next < 0) return false;
    this.unescaper.reset(next - this.at);
    for (let index = 0; index < order.length; index++) {
      const place = order[index]!;
      const [start, end] = [scanner.starts[place]!, scanner.ends[place]!];
      if (scanner.nulls[place] === 1) {
        starts[index] = -1;
      } else if (scanner.escaped[place] === 1) {
        const text = this.unescaper.unescape(lines.view, start, end);
        sources[index] = bytesOf(text);
        starts[index] = 0;
        ends[index] = text.length;
      } else {
        sources[index] = lines;
        starts[index] = start;
        ends[index] = end;
      }
    }
    this.at = next;
    return true;
  }
}
