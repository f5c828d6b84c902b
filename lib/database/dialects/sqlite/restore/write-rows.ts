import type { SqliteConnection, SqliteValue, SqliteWrite } from '../connection.js';

/** Statements differ by the storage classes of their rows, of which there may be any number of combinations. */
export const MAX_STATEMENTS = 50;

/** Inserts rows. Any error is that of a statement, and ends the restore. */
export interface RowWriter {
  /**
   * @param sql an INSERT, of which there are few
   * @param values of it, which may change afterwards
   */
  write(sql: string, values: readonly SqliteValue[]): void;
  /** Whether `drain` has to be awaited before the next row. */
  readonly full: boolean;
  drain(): Promise<void>;
  /** After the last row. @returns how many rows violate a check of the table */
  finish(): Promise<number>;
  /** Ends it, whatever is not written. */
  free(): void;
}

/** Makes a writer. @param mayBreakChecks whether rows that violate a check of the table are kept */
export type MakeWriter = (mayBreakChecks: boolean) => RowWriter;

function isOfCheck(error: unknown): boolean {
  return String((error as { message?: unknown }).message).startsWith('CHECK constraint failed');
}

/** Writes at once, over a connection of this thread. */
export class DirectWriter implements RowWriter {
  readonly full = false;
  private readonly statements = new Map<string, SqliteWrite>();
  private violating = 0;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly mayBreakChecks: boolean,
  ) {}

  write(sql: string, values: readonly SqliteValue[]): void {
    try {
      this.statement(sql).run(values);
    } catch (error) {
      if (!this.mayBreakChecks || !isOfCheck(error)) throw error;
      this.writeUnchecked(sql, values);
    }
  }

  async drain(): Promise<void> {}

  async finish(): Promise<number> {
    return this.violating;
  }

  free(): void {
    for (const statement of this.statements.values()) statement.free();
    this.statements.clear();
  }

  /** For this row only: every other one is checked. */
  private writeUnchecked(sql: string, values: readonly SqliteValue[]): void {
    try {
      this.connection.exec('PRAGMA ignore_check_constraints = ON');
      this.statement(sql).run(values);
      this.violating++;
    } finally {
      this.connection.exec('PRAGMA ignore_check_constraints = OFF');
    }
  }

  private statement(sql: string): SqliteWrite {
    const known = this.statements.get(sql);
    if (known) return known;
    if (this.statements.size === MAX_STATEMENTS) this.free();
    const statement = this.connection.prepareWrite(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}
