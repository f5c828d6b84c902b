import { Transform, type TransformCallback } from 'node:stream';
import { giveBack } from '../support/lent-bytes.js';

const BATCH_BYTES = 64 * 1024;

/**
 * Passes bytes on in pieces of at least 64 KiB (except the last one): a ZIP's headers arrive two and four bytes at a
 * time, and each piece would become a chunk and a packet of its own.
 */
export class ByteBatcher extends Transform {
  private pieces: Buffer[] = [];
  private size = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pieces.push(chunk);
    this.size += chunk.length;
    if (this.size >= BATCH_BYTES) this.passOn();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.passOn();
    done();
  }

  private passOn(): void {
    if (this.size === 0) return;
    const { pieces } = this;
    this.push(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
    if (pieces.length > 1) pieces.forEach(giveBack);
    this.pieces = [];
    this.size = 0;
  }
}
