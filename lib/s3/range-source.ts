import type { ByteSource } from '../support/byte-source.js';

/** One request each; with small ones, most of the time would be spent waiting for the network. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** The one being read, one requested ahead, and one for a reader that jumps back and forth. */
const BLOCKS_AT_HAND = 3;

/** Fetches bytes of an object, from `start` up to but excluding `end`. */
export type FetchRange = (start: number, end: number) => Promise<Buffer>;

/** An object read by ranges: nothing is copied, and at most 12 MiB of it is held. */
export class RangeSource implements ByteSource {
  /** The most recently used one is last. */
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
    // Requests still under way may fail now, and nothing waits for them any more.
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
    // A failed one is requested again.
    block.catch(() => this.blocks.delete(index));
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= BLOCKS_AT_HAND) break;
      this.blocks.delete(oldest);
    }
    return block;
  }
}
