import { randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { ShortLivedMemory } from '../../support/short-lived.js';
import { ChunkQueue } from '../chunk-queue.js';
import { sealChunks } from './age-chunks.js';
import { BLOCK_CHUNKS, CHUNK_BYTES, PAYLOAD_NONCE_BYTES, payloadKey } from './age-format.js';
import type { WrappedFileKey } from './recipients.js';

const BLOCK_BYTES = BLOCK_CHUNKS * CHUNK_BYTES;

/** Makes an age file of whatever is written to it. Memory: about two blocks of 1 MiB. */
export class AgeEncryptor extends Transform {
  private readonly pending: ChunkQueue;
  private readonly outputs = new ShortLivedMemory();
  private readonly nonce = randomBytes(PAYLOAD_NONCE_BYTES);
  private readonly key: Buffer;
  private readonly header: Buffer;
  /** Index of the next chunk. */
  private next = 0;

  /**
   * @param wrapped used for this file only; it may be overwritten afterwards
   * @param onUsed is called with each chunk of the input that is not needed any more
   */
  constructor({ header, fileKey }: WrappedFileKey, onUsed?: (chunk: Buffer) => void) {
    super();
    this.pending = new ChunkQueue(onUsed);
    this.header = Buffer.concat([header, this.nonce]);
    this.key = payloadKey(fileKey, this.nonce);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pending.push(chunk);
    // A full block waits for one more byte, because only that shows that its last chunk is not the last of all.
    while (this.pending.length > BLOCK_BYTES) this.seal(BLOCK_BYTES, false);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.seal(this.pending.length, true);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.key.fill(0);
    done(error);
  }

  private seal(count: number, isEnd: boolean): void {
    if (this.next === 0) this.push(this.header);
    this.push(sealChunks(this.key, this.next, this.pending.take(count), isEnd));
    this.next += BLOCK_CHUNKS;
    // Each chunk is made on its own first.
    this.outputs.add(2 * count);
  }
}
