import type { LineBlock } from '../../../../jsonl/format.js';
import { LineValues } from '../../../../jsonl/line-values.js';
import { smallInteger } from '../../../../jsonl/small-integer.js';
import type { ArchivedLines, LoadColumn } from '../../restore-dialect.js';
import { type RowBytes, VALUE_BYTES } from './insert/row-bytes.js';

/** Whether the next row was added, is too large for that, or has to be parsed together with all that follow it. */
export type Outcome = 'added' | 'large' | 'unread';

/** Reads rows out of lines as a prepared statement gets them, without making strings of their values. */
export class LineBinder {
  private readonly values: LineValues;

  /** @param mostBytes of a row */
  constructor(
    { model, primaryKey }: ArchivedLines,
    columns: readonly LoadColumn[],
    private readonly mostBytes: number,
  ) {
    const named = columns.map(({ target, encoding }) => ({ name: target.name, encoding }));
    this.values = new LineValues({ name: model, columns: named, primaryKey });
  }

  begin(block: LineBlock): void {
    this.values.begin(block);
  }

  next(rows: RowBytes): Outcome {
    const { values, mostBytes } = this;
    const { kinds } = rows;
    if (!values.next()) return 'unread';
    const { sources, starts, ends } = values;
    const { length } = kinds;
    let size = length * VALUE_BYTES;
    for (let index = 0; index < length; index++) if (starts[index]! >= 0) size += ends[index]! - starts[index]!;
    if (size > mostBytes) return 'large';
    for (let index = 0; index < length; index++) {
      const start = starts[index]!;
      const end = ends[index]!;
      if (start < 0) {
        rows.addNull();
      } else if (kinds[index] === 'text') {
        rows.addText(sources[index]!, start, end);
      } else {
        const number = smallInteger(sources[index]!.bytes, start, end);
        if (number === undefined) {
          rows.abandonRow();
          return 'unread';
        }
        rows.addNumber(number);
      }
    }
    rows.endRow();
    return 'added';
  }
}
