import { archiveInvalid } from '../../../../errors/archive-errors.js';
import type { LineValue } from '../../../../jsonl/format.js';
import { modelName } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteValue } from '../connection.js';
import { decodeValue } from '../value-codec.js';
import type { Bind, Bound } from './bind.js';
import { rowFailure } from './errors.js';
import type { RowWriter } from './write-rows.js';

/** Writes rows of lines into one table, each value in its original storage class. */
export class Inserter {
  private readonly into: string;
  private lastExpressions = '';
  private lastStatement = '';

  constructor(
    private readonly writer: RowWriter,
    private readonly bind: Bind,
    private readonly table: SqliteTable,
    private readonly columns: readonly LoadColumn[],
  ) {
    const names = columns.map(({ target }) => quoteIdentifier(target.name)).join(', ');
    // A constraint's own ON CONFLICT clause could drop or replace rows, or end the transaction.
    this.into = `INSERT OR ABORT INTO ${table.sqlName} (${names}) VALUES`;
  }

  insert(row: readonly LineValue[]): void {
    const expressions: string[] = [];
    const parameters: SqliteValue[] = [];
    for (let index = 0; index < this.columns.length; index++) {
      const { sql, parameter } = this.decode(row[index]!, this.columns[index]!);
      expressions.push(sql);
      parameters.push(parameter);
    }
    this.insertBound(expressions.join(', '), parameters);
  }

  /** @param expressions of the values that the parameters are bound in */
  insertBound(expressions: string, parameters: readonly SqliteValue[]): void {
    try {
      this.writer.write(this.statement(expressions), parameters);
    } catch (error) {
      throw rowFailure(this.table, error);
    }
  }

  /** Whether `drain` has to be awaited before the next row. */
  get full(): boolean {
    return this.writer.full;
  }

  async drain(): Promise<void> {
    await this.telling(this.writer.drain());
  }

  /** After the last row. @returns how many rows violate a check of the table */
  finish(): Promise<number> {
    return this.telling(this.writer.finish());
  }

  free(): void {
    this.writer.free();
  }

  private async telling<Result>(written: Promise<Result>): Promise<Result> {
    try {
      return await written;
    } catch (error) {
      throw rowFailure(this.table, error);
    }
  }

  private decode(value: LineValue, { encoding, target }: LoadColumn): Bound {
    try {
      return this.bind(decodeValue(encoding, value));
    } catch (error) {
      const place = `table "${modelName(this.table)}", column "${target.name}"`;
      throw archiveInvalid(`${place}: ${(error as Error).message}`);
    }
  }

  private statement(expressions: string): string {
    // Most rows are like the one before.
    if (expressions !== this.lastExpressions) {
      this.lastExpressions = expressions;
      this.lastStatement = `${this.into} (${expressions})`;
    }
    return this.lastStatement;
  }
}
