import { setImmediate } from 'node:timers/promises';
import { restoreFailed } from '../../errors/restore-errors.js';
import { aborted } from '../../errors/run-errors.js';
import type { LineValue, RowBatch } from '../../jsonl/values.js';
import { UnfitError } from '../../database/values/neutral.js';
import type { TableMatch } from './match-tables.js';
import { type ColumnTranslation, type Engines, translateColumn } from './translate-column.js';

/** After so many milliseconds the event loop has its turn. */
const SLICE_MS = 5;

/** Told of each value that cannot be carried. */
export type Refuse = (column: string, reason: string, row: readonly LineValue[], line: number) => void;

/** How the rows of one table go over. */
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

  /** The rows in the target's writing. @throws BackupError `RESTORE_FAILED` for what no plan has let pass */
  async *rows(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
    const { name } = this.match.archived;
    yield* this.each(batches, (column, reason) => {
      throw restoreFailed(`table "${name}", column "${column}" holds values that ${reason}`);
    });
  }

  /** Reads all rows and tells of each value that cannot be carried. */
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
