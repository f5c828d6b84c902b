import type { LineBlock } from '../../../../jsonl/format.js';
import type { PgClient } from '../connection.js';
import type { LineReader } from '../rows.js';
import type { TableParts } from './large-tables.js';

/**
 * The blocks of a table's parts in order, however many connections read them. Each takes the next part that nobody has
 * taken, and stops reading while enough is ahead; whoever reads the part that is being output does not wait for that.
 */
export class PartsInOrder {
  private readonly read = new Map<number, LineBlock[]>();
  private readonly complete = new Set<number>();
  private next = 0;
  private current = 0;
  private ahead = 0;
  private failure: { readonly error: unknown } | undefined;
  private waiting: Array<() => void> = [];

  /** @param mostAhead in bytes */
  constructor(
    private readonly parts: TableParts,
    private readonly mostAhead: number,
  ) {}

  /** May be called once. */
  async *blocks(): AsyncGenerator<LineBlock> {
    for (; this.current < this.parts.count; this.current++) {
      this.wake();
      for (;;) {
        await this.until(() => this.first !== undefined || this.complete.has(this.current));
        const block = this.first;
        if (!block) break;
        this.read.get(this.current)!.shift();
        this.ahead -= block.bytes.length;
        this.wake();
        yield block;
      }
      this.read.delete(this.current);
      this.complete.delete(this.current);
    }
  }

  /** Lets a connection take part until no part is left. Never rejects: a failure is that of `blocks`. */
  async readOver(client: PgClient, read: LineReader): Promise<void> {
    try {
      for (;;) {
        await this.until(() => this.next >= this.parts.count || this.hasRoom(this.next));
        if (this.next >= this.parts.count) return;
        await this.readPart(this.next++, client, read);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends all reading with an error, unless there has been one. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake();
  }

  private async readPart(part: number, client: PgClient, read: LineReader): Promise<void> {
    const blocks: LineBlock[] = [];
    this.read.set(part, blocks);
    const condition = this.parts.condition(part);
    for await (const block of read(client, { condition, turn: () => this.until(() => part === this.current) })) {
      blocks.push(block);
      this.ahead += block.bytes.length;
      this.wake();
      await this.until(() => this.hasRoom(part));
    }
    this.complete.add(part);
    this.wake();
  }

  private hasRoom(part: number): boolean {
    return this.ahead < this.mostAhead || (part === this.current && this.first === undefined);
  }

  private get first(): LineBlock | undefined {
    return this.read.get(this.current)?.[0];
  }

  private async until(met: () => boolean): Promise<void> {
    for (;;) {
      if (this.failure) throw this.failure.error;
      if (met()) return;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}
