import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../support/byte-source.js';

const WINDOW_BYTES = 128 * 1024;

/** Serves small reads, one near the other, from pieces of 128 KiB. What it gives out stays as it is. */
export class ReadWindow {
  private start = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly source: ByteSource) {}

  /** What is there of `length` bytes from `position`. */
  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.source.size);
    if (end <= position) return Buffer.alloc(0);
    if (end - position > WINDOW_BYTES) return this.source.read(position, end - position);
    if (position < this.start || end > this.start + this.bytes.length) {
      // What is decrypted already comes at once, and thousands of small entries must not hold the event loop.
      await setImmediate();
      const bytes = await this.source.read(position, Math.min(WINDOW_BYTES, this.source.size - position));
      this.start = position;
      this.bytes = bytes;
      return bytes.subarray(0, end - position);
    }
    return this.bytes.subarray(position - this.start, end - this.start);
  }
}
