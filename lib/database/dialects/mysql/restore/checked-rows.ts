import type { CatalogTable } from '../../../catalog-table.js';
import type { MysqlConnection } from '../connection.js';
import { CHECK_FAILED, errorNumber } from '../errors.js';
import { rowFailure, statementFailure } from './errors.js';
import { WITHOUT_INDEXES } from './foreign-keys.js';

/** Writes rows of one table, including those that violate its checks if they may: MariaDB can switch checks off. */
export class CheckedRows {
  private isOff = false;

  constructor(
    private readonly connection: MysqlConnection,
    private readonly table: CatalogTable,
    private readonly target: string,
    private readonly mayViolate: boolean,
  ) {}

  /**
   * @param insert is called again for rows that violate a check
   * @throws BackupError
   */
  async write(insert: () => Promise<unknown>): Promise<void> {
    try {
      await insert();
    } catch (error) {
      if (!this.mayViolate || errorNumber(error) !== CHECK_FAILED) throw rowFailure(this.table, error);
      await this.again(insert);
    }
  }

  /** Number of rows that violate a check; the checks are on again. Reads no row if none did. */
  async count(): Promise<number> {
    if (!this.isOff) return 0;
    const { connection, table, target } = this;
    try {
      await connection.query('SET SESSION check_constraint_checks = 1');
      this.isOff = false;
      const clauses = await this.clauses();
      const violated = clauses.map((clause) => `NOT (${clause})`).join(' OR ');
      const [[count] = []] = await connection.texts(
        `SELECT COUNT(*) FROM ${target} ${WITHOUT_INDEXES} WHERE ${violated}`,
      );
      return Number(count);
    } catch (error) {
      throw statementFailure(table, 'its checks could not be looked at', error);
    }
  }

  private async again(insert: () => Promise<unknown>): Promise<void> {
    try {
      if (!this.isOff) await this.connection.query('SET SESSION check_constraint_checks = 0');
      this.isOff = true;
      await insert();
    } catch (error) {
      throw rowFailure(this.table, error);
    }
  }

  private async clauses(): Promise<string[]> {
    const sql = `SELECT check_clause FROM information_schema.check_constraints
      WHERE constraint_schema = COALESCE(?, DATABASE()) AND table_name = ?`;
    const rows = await this.connection.texts(sql, [this.table.schema, this.table.name]);
    return rows.map(([clause]) => clause!);
  }
}
