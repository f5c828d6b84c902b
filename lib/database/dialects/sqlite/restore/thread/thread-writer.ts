import type { SqliteValue } from '../../connection.js';
import { MAX_STATEMENTS, type RowWriter } from '../write-rows.js';
import type { DatabaseThread } from './database-thread.js';
import { PackedRows } from './packed-rows.js';

/** One is being filled, one is being written, one waits. */
const BLOCKS = 3;

/** Has a thread write rows, block by block, while the next ones are read. */
export class ThreadWriter implements RowWriter {
  private readonly blocks = Array.from({ length: BLOCKS }, () => new PackedRows());
  private block = this.blocks.pop();
  /** Statements by their place, since they were last forgotten. */
  private readonly places = new Map<string, number>();
  private added: string[] = [];
  private forget = true;
  private violating = 0;
  private failure: { readonly error: unknown } | undefined;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly thread: DatabaseThread,
    private readonly mayBreakChecks: boolean,
  ) {}

  get full(): boolean {
    return this.block === undefined || this.failure !== undefined || this.places.size === MAX_STATEMENTS;
  }

  write(sql: string, values: readonly SqliteValue[]): void {
    this.block!.add(this.place(sql), values);
    if (this.block!.full) this.send();
  }

  async drain(): Promise<void> {
    if (this.places.size === MAX_STATEMENTS) this.startOver();
    while (!this.block && !this.failure) await Promise.race(this.underWay);
    if (this.failure) throw this.failure.error;
  }

  async finish(): Promise<number> {
    if (this.block && this.block.length > 0) this.send();
    await Promise.all(this.underWay);
    if (this.failure) throw this.failure.error;
    return this.violating;
  }

  /** What is under way is part of a transaction that goes on or is rolled back after it. */
  free(): void {}

  private place(sql: string): number {
    const known = this.places.get(sql);
    if (known !== undefined) return known;
    this.added.push(sql);
    this.places.set(sql, this.places.size);
    return this.places.size - 1;
  }

  /** The rows before refer to other statements. */
  private startOver(): void {
    if (this.block && this.block.length > 0) this.send();
    this.places.clear();
    this.added = [];
    this.forget = true;
  }

  private send(): void {
    const block = this.block!;
    const { memory, length } = block;
    const { added: statements, forget, mayBreakChecks } = this;
    [this.added, this.forget] = [[], false];
    this.block = this.blocks.pop();
    const written = this.thread
      .request({ kind: 'insert', memory, length, statements, forget, mayBreakChecks })
      .then(
        (violating) => {
          this.violating += violating as number;
        },
        (error: unknown) => {
          this.failure ??= { error };
        },
      )
      .then(() => {
        this.underWay.delete(written);
        block.clear();
        if (this.block) this.blocks.push(block);
        else this.block = block;
      });
    this.underWay.add(written);
  }
}
