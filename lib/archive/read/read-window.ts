import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../../support/byte-source.js';

const WINDOW_BYTES = 128 * 1024;

/** Serves small, nearby reads from blocks of 128 KiB. The buffers it returns are never overwritten. */
export class ReadWindow {
  private start = 0;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly source: ByteSource) {}

  /** Of the archive, in bytes. */
  get size(): number {
    return this.source.size;
  }

  /** As `read`, but at once; undefined when some have to be read first. */
  atHand(position: number, length: number): Buffer | undefined {
    const from = position - this.start;
    return from >= 0 && from + length <= this.bytes.length ? this.bytes.subarray(from, from + length) : undefined;
  }

  /** Up to `length` bytes from `position`, as far as they exist. */
  async read(position: number, length: number): Promise<Buffer> {
    const end = Math.min(position + length, this.source.size);
    if (end <= position) return Buffer.alloc(0);
    if (end - position > WINDOW_BYTES) return this.source.read(position, end - position);
    const atHand = this.atHand(position, end - position);
    if (!atHand) {
      // Blocks already decrypted are returned immediately, and thousands of small entries must not block the event
      // loop.
      await setImmediate();
      const bytes = await this.source.read(position, Math.min(WINDOW_BYTES, this.source.size - position));
      this.start = position;
      this.bytes = bytes;
      return bytes.subarray(0, end - position);
    }
    return atHand;
  }
}
