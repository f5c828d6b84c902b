import { type Entry, RandomAccessReader } from 'yauzl';
import type { ReadWindow } from './read-window.js';

/** Lets yauzl read from a `ReadWindow`. It does not close anything. */
export class YauzlSource extends RandomAccessReader {
  constructor(private readonly window: ReadWindow) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    // As `callbackify` would, which takes longer than the read. What the callback throws is no rejection of the promise.
    this.fill(buffer, offset, length, position).then(
      () => process.nextTick(callback, null),
      (error: unknown) => process.nextTick(callback, error),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  private async fill(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    const bytes = await this.window.read(position, length);
    if (bytes.length < length) throw new Error(`it ends at byte ${position + bytes.length}`);
    bytes.copy(buffer, offset);
  }
}

/** Values that do not fit their own field, such as sizes above 4 GiB, are in an extra field, in this order. */
export function zip64Values(extraFields: Entry['extraFields'], short: readonly number[]): number[] {
  const data = extraFields.find(({ id }) => id === 1)?.data ?? Buffer.alloc(0);
  let at = 0;
  return short.map((value) => {
    if (value !== 0xffffffff || at + 8 > data.length) return value;
    at += 8;
    return Number(data.readBigUInt64LE(at - 8));
  });
}
