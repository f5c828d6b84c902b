import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../../support/byte-source.js';

const WINDOW_BYTES = 128 * 1024;

/** Serves small, nearby reads from blocks of 128 KiB. The buffers it returns are never overwritten. */
export class ReadWindow {
  private start = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly source: ByteSource) {}

  /** Up to `length` bytes from `position`, as far as they exist. */
  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.source.size);
    if (end <= position) return Buffer.alloc(0);
    if (end - position > WINDOW_BYTES) return this.source.read(position, end - position);
    if (position < this.start || end > this.start + this.bytes.length) {
      // Blocks already decrypted are returned immediately, and thousands of small entries must not block the event
      // loop.
      await setImmediate();
      const bytes = await this.source.read(position, Math.min(WINDOW_BYTES, this.source.size - position));
      this.start = position;
      this.bytes = bytes;
      return bytes.subarray(0, end - position);
    }
    return this.bytes.subarray(position - this.start, end - this.start);
  }
}
