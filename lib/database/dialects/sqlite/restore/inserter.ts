import { archiveInvalid } from '../../../../errors/archive-errors.js';
import type { LineValue } from '../../../../jsonl/format.js';
import { modelName } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection, SqliteValue, SqliteWrite } from '../connection.js';
import { decodeValue } from '../value-codec.js';
import type { Bind, Bound } from './bind.js';
import { rowFailure } from './errors.js';

/** Statements differ by the storage classes of their rows, of which there may be any number of combinations. */
const MAX_STATEMENTS = 50;

function isOfCheck(error: unknown): boolean {
  return String((error as { message?: unknown }).message).startsWith('CHECK constraint failed');
}

/** Writes rows of lines into one table, each value in its original storage class. */
export class Inserter {
  private readonly statements = new Map<string, SqliteWrite>();
  private readonly into: string;
  /** Number of rows so far that violate a check of the table. */
  violating = 0;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly bind: Bind,
    private readonly table: SqliteTable,
    private readonly columns: readonly LoadColumn[],
    private readonly mayBreakChecks: boolean,
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
      this.statement(expressions).run(parameters);
    } catch (error) {
      if (!this.mayBreakChecks || !isOfCheck(error)) throw rowFailure(this.table, error);
      this.insertUnchecked(expressions, parameters);
    }
  }

  /** For this row only: every other one is checked. */
  private insertUnchecked(expressions: string, parameters: readonly SqliteValue[]): void {
    try {
      this.connection.exec('PRAGMA ignore_check_constraints = ON');
      this.statement(expressions).run(parameters);
      this.violating++;
    } catch (error) {
      throw rowFailure(this.table, error);
    } finally {
      this.connection.exec('PRAGMA ignore_check_constraints = OFF');
    }
  }

  free(): void {
    for (const statement of this.statements.values()) statement.free();
    this.statements.clear();
  }

  private decode(value: LineValue, { encoding, target }: LoadColumn): Bound {
    try {
      return this.bind(decodeValue(encoding, value));
    } catch (error) {
      const place = `table "${modelName(this.table)}", column "${target.name}"`;
      throw archiveInvalid(`${place}: ${(error as Error).message}`);
    }
  }

  private statement(expressions: string): SqliteWrite {
    const known = this.statements.get(expressions);
    if (known) return known;
    if (this.statements.size === MAX_STATEMENTS) this.free();
    const statement = this.connection.prepareWrite(`${this.into} (${expressions})`);
    this.statements.set(expressions, statement);
    return statement;
  }
}
