import type { CatalogTable } from '../../../catalog-table.js';
import type { MysqlConnection } from '../connection.js';
import type { CheckedRows } from './checked-rows.js';
import { rowFailure, statementFailure } from './errors.js';
import { LENIENT_MODE, STRICT_MODE } from './settings.js';

export interface InsertTarget {
  readonly connection: MysqlConnection;
  readonly table: CatalogTable;
  /** The table's name for a statement. */
  readonly target: string;
  readonly maxPacket: number;
  readonly checks: CheckedRows;
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
  private rows: string[] = [];
  private chars = 0;
  private running: Promise<unknown> = Promise.resolve();
  private following: Promise<unknown> = Promise.resolve();
  /** Rows with error values of enums, which are only accepted without strict mode. */
  private odd: string[] = [];
  private oddChars = 0;
  private errorValues = 0;

  constructor(
    private readonly target: InsertTarget,
    private readonly head: string,
    private readonly limit: number,
  ) {}

  async add(row: string, errorValues: number): Promise<void> {
    if (errorValues > 0) {
      this.odd.push(row);
      this.oddChars += row.length;
      this.errorValues += errorValues;
      if (this.oddChars >= this.limit || this.errorValues >= MAX_ERROR_VALUES) await this.flushOdd();
      return;
    }
    this.rows.push(row);
    this.chars += row.length;
    if (this.chars >= this.limit) await this.send();
  }

  async flush(): Promise<void> {
    await this.send();
    await this.flushOdd();
    await this.done();
  }

  /** Settles when nothing is in progress any more, whether it failed or not. */
  async settled(): Promise<void> {
    await this.done().catch(() => {});
  }

  private async done(): Promise<void> {
    await this.running;
    await this.following;
  }

  private async send(): Promise<void> {
    await this.running;
    if (this.rows.length === 0) return;
    const sql = this.head + this.rows.join(',');
    this.rows = [];
    this.chars = 0;
    this.running = this.following;
    this.following = this.target.checks.write(sql);
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
    const [sql, expected] = [this.head + this.odd.join(','), this.errorValues];
    this.odd = [];
    this.oddChars = 0;
    this.errorValues = 0;
    try {
      await connection.query(`SET SESSION sql_mode = '${LENIENT_MODE}'`);
      await checks.write(sql);
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
