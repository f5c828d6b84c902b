import type { skipPlain } from '../format.js';
import type { LineScanner, makeScanner, ScannedLines } from '../scanner.js';
import type { unescapeInto } from '../unescape.js';

/** Memory of each slot, for what is found in its lines. */
export interface PlaceMemory {
  /** Two numbers for each value, see `FoundValues`. */
  readonly places: readonly SharedArrayBuffer[];
  /** As long as the lines. */
  readonly texts: readonly SharedArrayBuffer[];
}

export interface Located {
  /** Of the lines that were read. */
  readonly end: number;
  readonly count: number;
  readonly places: [from: number, to: number];
}

export interface Locator {
  /** Before the pieces of a slot. */
  begin(slot: number): void;
  /**
   * Finds the values of one table's lines.
   * @param start of the first one in whole lines
   * @param most lines that are of the table
   * @returns undefined when a line is not written as expected, or there is no room for the places
   */
  locate(table: number, wholeLines: Buffer, start: number, most: number): Located | undefined;
}

/** Uses nothing else of this file, because the thread is started from its source text. */
export function makeLocator(
  tables: readonly ScannedLines[],
  memory: PlaceMemory,
  make: typeof makeScanner,
  unescape: typeof unescapeInto,
  skip: typeof skipPlain,
): Locator {
  const scanners = new Map<number, LineScanner>();
  const viewed = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = memory.places.map((one) => new Int32Array(one));
  const texts = memory.texts.map((one) => new DataView(one));
  let current = 0;
  let placed = 0;
  let written = 0;
  return {
    begin: (slot) => {
      current = slot;
      placed = 0;
      written = 0;
    },
    locate: (table, wholeLines, start, most) => {
      const lines = wholeLines.subarray(start);
      const [into, text, view] = [places[current]!, texts[current]!, viewed(lines)];
      const scanner = scanners.get(table) ?? make(tables[table]!, skip);
      scanners.set(table, scanner);
      const { starts, ends, nulls, escaped } = scanner;
      const [from, textsBefore] = [placed, written];
      let at = 0;
      let count = 0;
      for (; at < lines.length && count < most; count++) {
        at = scanner.scan(lines, view, at);
        if (at < 0 || placed + 2 * starts.length > into.length) {
          [placed, written] = [from, textsBefore];
          return undefined;
        }
        for (let column = 0; column < starts.length; column++) {
          if (nulls[column] === 1) {
            into[placed++] = -1;
            into[placed++] = 0;
          } else if (escaped[column] === 1) {
            const first = written;
            written = unescape(view, starts[column]!, ends[column]!, text, written, skip);
            into[placed++] = first;
            into[placed++] = ~written;
          } else {
            into[placed++] = starts[column]!;
            into[placed++] = ends[column]!;
          }
        }
      }
      return { end: start + at, count, places: [from, placed] };
    },
  };
}
