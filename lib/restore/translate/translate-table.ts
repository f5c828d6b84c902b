import { setImmediate } from 'node:timers/promises';
import { UnfitError } from '../../database/values/neutral.js';
import { restoreFailed } from '../../errors/restore-errors.js';
import { aborted } from '../../errors/run-errors.js';
import type { LineValue, RowBatch } from '../../jsonl/format.js';
import type { TableMatch } from './match-tables.js';
import { type ColumnTranslation, type Engines, translateColumn } from './translate-column.js';

/** Yields to the event loop after this many milliseconds. */
const SLICE_MS = 5;

/** Called for each value that cannot be converted. */
export type Refuse = (column: string, reason: string, row: readonly LineValue[], line: number) => void;

/** How the rows of one table are converted. */
export class TableTranslation {
  readonly columns: ReadonlyArray<ColumnTranslation & { readonly name: string; readonly place: number }>;

  constructor(
    readonly match: TableMatch,
    engines: Engines,
  ) {
    const places = new Map(match.archived.columns.map(({ name }, index) => [name, index]));
    this.columns = match.columns.map(({ archived, target, mapped }) => {
      const translation = translateColumn(engines, archived, target, mapped);
      return { ...translation, name: archived.name, place: places.get(archived.name)! };
    });
  }

  /**
   * The rows in the target's notation. @throws BackupError `RESTORE_FAILED` for values that the plan had not rejected
   */
  async *rows(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
    const { name } = this.match.archived;
    yield* this.each(batches, (column, reason) => {
      throw restoreFailed(`table "${name}", column "${column}" holds values that ${reason}`);
    });
  }

  /** Reads all rows and reports each value that cannot be converted. */
  async check(batches: AsyncIterable<RowBatch>, refuse: Refuse, signal?: AbortSignal): Promise<void> {
    const rows = this.each(batches, refuse);
    while (!(await rows.next()).done) {
      if (signal?.aborted) throw aborted(signal.reason);
    }
  }

  private async *each(batches: AsyncIterable<RowBatch>, refuse: Refuse): AsyncGenerator<RowBatch> {
    let line = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    for await (const batch of batches) {
      let translated: LineValue[][] = [];
      for (const row of batch) {
        translated.push(this.translate(row, ++line, refuse));
        if (performance.now() < sliceEnd) continue;
        yield translated;
        translated = [];
        await setImmediate();
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (translated.length > 0) yield translated;
    }
  }

  private translate(row: readonly LineValue[], line: number, refuse: Refuse): LineValue[] {
    return this.columns.map(({ name, place, translate }) => {
      try {
        return translate(row[place]!);
      } catch (error) {
        if (!(error instanceof UnfitError)) throw error;
        refuse(name, error.message, row, line);
        return null;
      }
    });
  }
}
