import { Transform, type TransformCallback } from 'node:stream';
import { decryptionFailed } from '../../errors/archive-errors.js';
import { ChunkQueue } from '../chunk-queue.js';
import { openChunks } from './age-chunks.js';
import { BLOCK_CHUNKS, headerLength, PAYLOAD_NONCE_BYTES, payloadKey, SEALED_CHUNK_BYTES } from './age-format.js';
import type { Identities } from './identities.js';

const BLOCK_BYTES = BLOCK_CHUNKS * SEALED_CHUNK_BYTES;

/**
 * Decrypts the age file that is written to it. Plaintext is emitted only after its chunk was authenticated; that nothing is
 * missing is known only when the stream ends without an error. Memory: about three blocks of 1 MiB.
 */
export class AgeDecryptor extends Transform {
  private readonly pending = new ChunkQueue();
  /** What has arrived before the key is known. */
  private beginning = Buffer.alloc(0);
  private key: Buffer | undefined;
  /** Index of the next chunk. */
  private next = 0;

  constructor(private readonly identities: Identities) {
    super();
  }

  override async _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): Promise<void> {
    let problem: Error | null = null;
    try {
      await this.advance(chunk);
    } catch (error) {
      problem = error as Error;
    }
    done(problem);
  }

  override _flush(done: TransformCallback): void {
    try {
      if (!this.key) throw decryptionFailed('it is truncated: its header is not complete');
      this.open(this.pending.length, true);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.key?.fill(0);
    done(error);
  }

  private async advance(chunk: Buffer): Promise<void> {
    if (this.key) this.pending.push(chunk);
    else await this.readHeader(chunk);
    while (this.key && this.pending.length > BLOCK_BYTES) this.open(BLOCK_BYTES, false);
  }

  private async readHeader(chunk: Buffer): Promise<void> {
    this.beginning = Buffer.concat([this.beginning, chunk]);
    const length = headerLength(this.beginning);
    if (length === undefined || this.beginning.length < length + PAYLOAD_NONCE_BYTES) return;
    const fileKey = await this.identities.unwrap(this.beginning.subarray(0, length));
    const start = length + PAYLOAD_NONCE_BYTES;
    this.key = payloadKey(fileKey, this.beginning.subarray(length, start));
    fileKey.fill(0);
    this.pending.push(this.beginning.subarray(start));
  }

  private open(count: number, isEnd: boolean): void {
    const plain = openChunks(this.key!, this.next, this.pending.take(count), isEnd);
    this.next += BLOCK_CHUNKS;
    if (plain.length > 0) this.push(plain);
  }
}
