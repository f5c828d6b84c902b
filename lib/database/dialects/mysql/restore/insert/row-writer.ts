import { restoreFailed } from '../../../../../errors/restore-errors.js';
import type { LineValue } from '../../../../../jsonl/format.js';
import { modelName, type TableLocation } from '../../../../table-location.js';
import type { LoadColumn } from '../../../restore-dialect.js';
import { cellWriter } from './cell-writer.js';
import type { CellBytes, CellWriter } from './literals.js';
import type { ValueKind } from './row-bytes.js';

export type BoundRow = ReadonlyArray<string | number | null>;

/** Writes the rows of one table for INSERTs. Every method throws a BackupError that names the column, without values. */
export class RowWriter {
  /** What stands for a row in a prepared statement. */
  readonly placeholders: string;
  private readonly writers: readonly CellWriter[];

  constructor(
    private readonly table: TableLocation,
    readonly columns: readonly LoadColumn[],
  ) {
    this.writers = columns.map(cellWriter);
    this.placeholders = `(${this.writers.map(({ placeholder }) => placeholder).join(',')})`;
  }

  /** How the values of a row are sent as they are in lines; undefined if one of them has to be made from its line's. */
  get kinds(): readonly ValueKind[] | undefined {
    const kinds = this.writers.map(({ sent }) => sent);
    return kinds.every((kind) => kind !== undefined) ? kinds : undefined;
  }

  /** The row's values for a prepared statement; undefined if one of them has to be a literal. */
  bound(row: readonly LineValue[]): BoundRow | undefined {
    const values: Array<string | number | null> = [];
    for (const [index, value] of row.entries()) {
      const bound = value === null ? null : this.write(index, (writer) => writer.bound(value));
      if (bound === undefined) return undefined;
      values.push(bound);
    }
    return values;
  }

  literals(row: readonly LineValue[]): string {
    return `(${row.map((value, index) => this.literal(value, index)).join(',')})`;
  }

  literal(value: LineValue, index: number): string {
    return value === null ? 'NULL' : this.write(index, (writer) => writer.literal(value));
  }

  bytes(value: LineValue, index: number): CellBytes {
    return this.write(index, (writer) => writer.bytes(value));
  }

  /** Number of values that only non-strict mode accepts. */
  lenient(row: readonly LineValue[]): number {
    let count = 0;
    for (const [index, value] of row.entries()) if (value !== null && this.writers[index]!.lenient(value)) count++;
    return count;
  }

  private write<Written>(index: number, how: (writer: CellWriter) => Written): Written {
    try {
      return how(this.writers[index]!);
    } catch (error) {
      const column = `column "${this.columns[index]!.target.name}"`;
      throw restoreFailed(`table "${modelName(this.table)}", ${column}: ${(error as Error).message}`);
    }
  }
}
