import type { ByteSource } from '../support/byte-source.js';

/** One request each; small ones would wait for the network most of the time. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** One that is read, one that was asked for ahead, and one between which a reader jumps. */
const BLOCKS_AT_HAND = 3;

/** Fetches bytes of an object, `start` to `end` without it. */
export type FetchRange = (start: number, end: number) => Promise<Buffer>;

/** An object, read by ranges: nothing is copied, and no more than 12 MiB of it is held. */
export class RangeSource implements ByteSource {
  /** The one used last comes last. */
  private readonly blocks = new Map<number, Promise<Buffer>>();
  private last = -1;
  private closed = false;

  constructor(
    readonly size: number,
    private readonly fetch: FetchRange,
  ) {}

  async read(position: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const end = position + length;
    for (let at = position; at < end; ) {
      const index = Math.floor(at / BLOCK_BYTES);
      const start = index * BLOCK_BYTES;
      const stop = Math.min(end, start + BLOCK_BYTES);
      const block = this.block(index);
      if (index === this.last + 1) this.ahead(index + 1);
      this.last = index;
      pieces.push((await block).subarray(at - start, stop - start));
      at = stop;
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  }

  async close(): Promise<void> {
    this.closed = true;
    // What is still under way may fail now, and nobody asks for it any more.
    await Promise.allSettled(this.blocks.values());
    this.blocks.clear();
  }

  private ahead(index: number): void {
    if (index * BLOCK_BYTES < this.size && !this.closed) this.block(index).catch(() => {});
  }

  private block(index: number): Promise<Buffer> {
    const start = index * BLOCK_BYTES;
    const block = this.blocks.get(index) ?? this.fetch(start, Math.min(this.size, start + BLOCK_BYTES));
    this.blocks.delete(index);
    this.blocks.set(index, block);
    // One that failed is asked for again.
    block.catch(() => this.blocks.delete(index));
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= BLOCKS_AT_HAND) break;
      this.blocks.delete(oldest);
    }
    return block;
  }
}
