import type { LineValue } from '../../../../../jsonl/format.js';
import type { CatalogTable } from '../../../../catalog-table.js';
import type { MysqlConnection } from '../../connection.js';
import type { CheckedRows } from '../checked-rows.js';
import { rowFailure, statementFailure } from '../errors.js';
import { LENIENT_MODE, STRICT_MODE } from '../settings.js';
import { BoundRows } from './bound-rows.js';
import type { BoundRow, RowWriter } from './row-writer.js';

export interface InsertTarget {
  readonly connection: MysqlConnection;
  readonly table: CatalogTable;
  /** The table's name for a statement. */
  readonly target: string;
  readonly maxPacket: number;
  readonly checks: CheckedRows;
}

interface Bound {
  readonly row: readonly LineValue[];
  readonly values: BoundRow;
  readonly chars: number;
}

/** "Data truncated for column …" */
const TRUNCATED = '1265';
/** Fewer than the number of warnings that the server counts. */
const MAX_ERROR_VALUES = 10_000;

/**
 * Collects rows into statements. One is being executed, one is ready to follow immediately, and the next is being
 * built.
 */
export class InsertQueue {
  /** Rows for prepared statements. */
  private bound: Bound[] = [];
  private boundChars = 0;
  /** Rows of literals. */
  private literal: string[] = [];
  private literalChars = 0;
  private running: Promise<unknown> = Promise.resolve();
  private following: Promise<unknown> = Promise.resolve();
  /** Rows with error values of enums, which are only accepted without strict mode. */
  private odd: string[] = [];
  private oddChars = 0;
  private errorValues = 0;
  readonly statements: BoundRows;

  /**
   * @param head what an INSERT begins with
   * @param limit maximum number of characters of an INSERT
   */
  constructor(
    private readonly target: InsertTarget,
    private readonly writer: RowWriter,
    private readonly head: string,
    private readonly limit: number,
  ) {
    this.statements = new BoundRows(target.connection, head, writer);
  }

  /** @param chars of its values */
  async add(row: readonly LineValue[], chars: number): Promise<void> {
    const errorValues = this.writer.lenient(row);
    if (errorValues > 0) return this.addOdd(this.writer.literals(row), errorValues);
    const values = this.writer.bound(row);
    if (!values) return this.addLiterals(this.writer.literals(row));
    this.bound.push({ row, values, chars });
    this.boundChars += chars;
    if (this.boundChars >= this.limit || this.bound.length >= this.statements.most) await this.sendBound();
  }

  /** A row of expressions, some of which are variables of the session: settles when the server no longer needs them. */
  async addExpression(expression: string, errorValues: number): Promise<void> {
    if (errorValues > 0) await this.addOdd(expression, errorValues);
    else await this.addLiterals(expression);
    await this.sendLiterals();
    await this.flushOdd();
  }

  async flush(): Promise<void> {
    while (this.bound.length > 0) await this.sendBound();
    await this.sendLiterals();
    await this.flushOdd();
    await this.done();
  }

  /** To be called once all rows are flushed. */
  close(): Promise<void> {
    return this.statements.close();
  }

  /** Settles when nothing is in progress any more, whether it failed or not. */
  async settled(): Promise<void> {
    await this.done().catch(() => {});
  }

  private async done(): Promise<void> {
    await this.running;
    await this.following;
  }

  private async addLiterals(row: string): Promise<void> {
    this.literal.push(row);
    this.literalChars += row.length;
    if (this.literalChars >= this.limit) await this.sendLiterals();
  }

  private async addOdd(row: string, errorValues: number): Promise<void> {
    this.odd.push(row);
    this.oddChars += row.length;
    this.errorValues += errorValues;
    if (this.oddChars >= this.limit || this.errorValues >= MAX_ERROR_VALUES) await this.flushOdd();
  }

  private async sendBound(): Promise<void> {
    const some = this.bound.splice(0, this.statements.take(this.bound.length));
    for (const { chars } of some) this.boundChars -= chars;
    await this.send(async () => {
      if (await this.statements.insert(some.map(({ values }) => values))) return;
      await this.insert(some.map(({ row }) => this.writer.literals(row)));
    });
  }

  private async sendLiterals(): Promise<void> {
    if (this.literal.length === 0) return;
    const rows = this.literal;
    this.literal = [];
    this.literalChars = 0;
    await this.send(() => this.insert(rows));
  }

  insert(rows: readonly string[]): Promise<unknown> {
    return this.target.connection.query(this.head + rows.join(','));
  }

  /** Settles when `insert` is the next one; `onDone` is called when it has been executed. */
  async send(insert: () => Promise<unknown>, onDone?: () => void): Promise<void> {
    await this.running;
    this.running = this.following;
    this.following = this.target.checks.write(insert).then(onDone);
    this.following.catch(() => {}); // The next call reports it.
  }

  /**
   * Without strict mode the server accepts all invalid values, not only error values: each warning must be about one of
   * them.
   */
  private async flushOdd(): Promise<void> {
    await this.done();
    if (this.odd.length === 0) return;
    const { connection, table, checks } = this.target;
    const [rows, expected] = [this.odd, this.errorValues];
    this.odd = [];
    this.oddChars = 0;
    this.errorValues = 0;
    try {
      await connection.query(`SET SESSION sql_mode = '${LENIENT_MODE}'`);
      await checks.write(() => this.insert(rows));
      // All are counted, including those that the server does not keep.
      const [[count] = []] = await connection.texts('SHOW COUNT(*) WARNINGS');
      const warnings = await connection.texts('SHOW WARNINGS');
      await connection.query(`SET SESSION sql_mode = '${STRICT_MODE}'`);
      if (Number(count) === expected && warnings.every(([, code]) => code === TRUNCATED)) return;
    } catch (error) {
      throw rowFailure(table, error);
    }
    throw statementFailure(table, 'a value does not fit its column', undefined);
  }
}
