import { Duplex, Transform, type TransformCallback } from 'node:stream';
import { callbackify } from 'node:util';
import { crc32 } from 'node:zlib';
import { giveBack } from '../../support/lent-bytes.js';
import type { Block, BlockPool } from './block-pool.js';
import { BLOCK_BYTES, DICTIONARY_BYTES } from './block-worker.js';

/** What a ZIP records about the content of an entry once that has passed through. */
export interface EntrySums {
  readonly crc: number;
  /** Uncompressed, in bytes. */
  readonly size: number;
  readonly compressedSize: number;
}

/** Data that does not shrink below this ratio is noise, or already compressed. */
const WORTHWHILE = 0.98;

type Callback = (error?: Error | null) => void;

/**
 * Compresses on other threads, a block at a time, which is output in order and no faster than it is read. Deflated
 * blocks are independent, each with the end of the preceding one as its dictionary, and end on a whole byte (a sync
 * flush): concatenated, they are one valid stream. Those of zstd continue one frame.
 */
export class BlockCompressor extends Duplex implements EntrySums {
  crc = 0;
  size = 0;
  compressedSize = 0;
  private block: Block | undefined;
  private filled = 0;
  /** The end of the previous block, for the next one. */
  private readonly tail = Buffer.alloc(DICTIONARY_BYTES);
  private tailBytes = 0;
  /** Settles when every block so far has been output. */
  private passedOn: Promise<void> = Promise.resolve();
  private wanted: (() => void) | undefined;
  private full = false;
  private doubtful = false;

  constructor(private readonly pool: BlockPool) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Callback): void {
    this.crc = crc32(chunk, this.crc);
    this.size += chunk.length;
    callbackify(() => this.fill(chunk))((error) => done(error));
  }

  override _final(done: Callback): void {
    callbackify(() => this.finishBlocks())((error) => done(error));
  }

  override _read(): void {
    this.full = false;
    this.wanted?.();
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.wanted?.();
    done(error);
  }

  private async fill(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      // Only now, because the last block must be recognised as such.
      if (this.filled === BLOCK_BYTES) this.send(false);
      this.block ??= await this.pool.take();
      const copied = chunk.copy(this.block.input, this.filled, at);
      this.filled += copied;
      at += copied;
    }
    giveBack(chunk);
  }

  private async finishBlocks(): Promise<void> {
    this.block ??= await this.pool.take();
    this.send(true);
    await this.passedOn;
    this.push(null);
  }

  private send(last: boolean): void {
    const block = this.block!;
    const { filled: length, tailBytes: dictionary } = this;
    this.tail.copy(block.dictionary, DICTIONARY_BYTES - dictionary, DICTIONARY_BYTES - dictionary);
    if (!last) {
      block.input.copy(this.tail, 0, length - DICTIONARY_BYTES, length);
      this.tailBytes = DICTIONARY_BYTES;
    }
    this.block = undefined;
    this.filled = 0;
    const compressed = this.pool.compress(block, { dictionary, length, last, doubtful: this.doubtful });
    compressed.catch(() => {}); // It is awaited in its turn.
    this.passedOn = this.passOn(this.passedOn, compressed, block, length);
    this.passedOn.catch((error: unknown) => this.destroy(error as Error));
  }

  private async passOn(
    before: Promise<void>,
    compressed: Promise<number>,
    block: Block,
    length: number,
  ): Promise<void> {
    await before;
    const output = this.pool.outputs.copy(block.output.subarray(0, await compressed));
    this.pool.release(block);
    this.doubtful = output.length > length * WORTHWHILE;
    if (this.full) await new Promise<void>((resolve) => (this.wanted = resolve));
    this.compressedSize += output.length;
    this.full = !this.push(output);
  }
}

/** Passes the content of an uncompressed entry through. */
export class UncompressedSums extends Transform implements EntrySums {
  crc = 0;
  size = 0;

  get compressedSize(): number {
    return this.size;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.crc = crc32(chunk, this.crc);
    this.size += chunk.length;
    done(null, chunk);
  }
}
