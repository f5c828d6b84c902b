import type { MysqlConnection, Prepared } from '../../connection.js';
import { errorNumber } from '../../errors.js';
import type { RowBytes, ValueKind } from './row-bytes.js';
import type { BoundRow, RowWriter } from './row-writer.js';
import { StatementHead } from './statement-head.js';

/** The driver decodes a description of each when a statement is prepared, without a pause. */
const MAX_PLACEHOLDERS = 4096;

/**
 * Inserts rows with prepared statements: the server parses each statement once and takes the values as they are, where
 * it would scan and copy every character of literals, which is a third of its work. The numbers of rows are powers of
 * two, so that few statements are prepared.
 */
export class BoundRows {
  /** Maximum number of rows of one statement. */
  readonly most: number;
  /** By their number of rows; undefined if the server prepares no more. */
  private readonly statements = new Map<number, Promise<Prepared | undefined>>();
  private readonly heads = new Map<Prepared, StatementHead>();

  constructor(
    private readonly connection: MysqlConnection,
    private readonly head: string,
    private readonly writer: RowWriter,
  ) {
    this.most = powerOfTwo(Math.max(1, Math.floor(MAX_PLACEHOLDERS / Math.max(1, writer.columns.length))));
  }

  /** The number of rows, of those that are there, which one statement inserts. */
  take(available: number): number {
    return Math.min(powerOfTwo(available), this.most);
  }

  /**
   * @param rows as many as `take` has said
   * @returns whether they are inserted; if not, the server has no room for another prepared statement
   */
  async insert(rows: readonly BoundRow[]): Promise<boolean> {
    const prepared = await this.statement(rows.length);
    await prepared?.execute(rows.flat());
    return prepared !== undefined;
  }

  /** Whether rows can be inserted as bytes. */
  async takesBytes(kinds: readonly ValueKind[]): Promise<boolean> {
    const prepared = await this.statement(1);
    return prepared !== undefined && this.headOf(prepared, kinds, 1) !== undefined;
  }

  /** The same as `insert`. @param rows are not changed until it settles */
  async insertBytes(rows: RowBytes): Promise<boolean> {
    const prepared = await this.statement(rows.count);
    const head = prepared && this.headOf(prepared, rows.kinds, rows.count);
    if (head) await prepared.send(head.before(rows));
    return head !== undefined;
  }

  async close(): Promise<void> {
    for (const statement of this.statements.values()) (await statement.catch(() => undefined))?.close();
  }

  private statement(rows: number): Promise<Prepared | undefined> {
    let statement = this.statements.get(rows);
    if (!statement) {
      statement = this.prepare(rows);
      this.statements.set(rows, statement);
    }
    return statement;
  }

  private headOf(prepared: Prepared, kinds: readonly ValueKind[], rows: number): StatementHead | undefined {
    let head = this.heads.get(prepared);
    if (!head) {
      const packet = prepared.packetOf(Array<string>(kinds.length * rows).fill(''));
      head = packet && StatementHead.of(packet, kinds, rows);
      if (head) this.heads.set(prepared, head);
    }
    return head;
  }

  private async prepare(rows: number): Promise<Prepared | undefined> {
    try {
      return await this.connection.prepare(this.head + Array(rows).fill(this.writer.placeholders).join(','));
    } catch (error) {
      // Whatever the server's reason is, it says more about the rows themselves.
      if (errorNumber(error) > 0 && !this.connection.lost.aborted) return undefined;
      throw error;
    }
  }
}

const powerOfTwo = (atMost: number) => 2 ** Math.floor(Math.log2(atMost));
