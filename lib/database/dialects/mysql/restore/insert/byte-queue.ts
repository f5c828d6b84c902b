import type { InsertQueue } from './insert-queue.js';
import { HEAD_BYTES, RowBytes, type ValueKind } from './row-bytes.js';
import type { RowWriter } from './row-writer.js';

/** Collects rows as bytes into the statements of a queue. Their memory goes round. */
export class ByteQueue {
  /** What rows are added to. */
  rows: RowBytes;
  private readonly spare: RowBytes[] = [];

  /**
   * @param limit number of bytes from which rows are sent
   * @param mostBytes of a row
   */
  constructor(
    private readonly queue: InsertQueue,
    private readonly writer: RowWriter,
    private readonly kinds: readonly ValueKind[],
    private readonly limit: number,
    private readonly mostBytes: number,
  ) {
    this.rows = this.make();
  }

  /** Whether `send` has to be called before another row is added. */
  get full(): boolean {
    const { rows, limit, queue } = this;
    return rows.end - HEAD_BYTES >= limit || rows.count >= queue.statements.most;
  }

  async flush(): Promise<void> {
    while (this.rows.count > 0) await this.send();
  }

  async send(): Promise<void> {
    const { queue, writer, rows: full } = this;
    const rest = this.spare.pop() ?? this.make();
    full.moveRest(queue.statements.take(full.count), rest);
    this.rows = rest;
    const insert = async () => {
      if (await queue.statements.insertBytes(full)) return;
      await queue.insert(full.rows().map((row) => writer.literals(row)));
    };
    await queue.send(insert, () => {
      full.clear();
      this.spare.push(full);
    });
  }

  private make(): RowBytes {
    return new RowBytes(this.kinds, this.limit + this.mostBytes);
  }
}
