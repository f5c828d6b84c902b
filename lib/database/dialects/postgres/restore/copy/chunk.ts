import { LINE_BLOCK_BYTES } from '../../../../../jsonl/format.js';

/** Size that chunks aim at. */
export const CHUNK_BYTES = 256 * 1024;

export type CopyFormat = 'text' | 'binary';

/** Rows in a format of COPY. */
export interface CopyChunk {
  readonly format: CopyFormat;
  readonly bytes: Buffer;
  /** Called once nothing refers to `bytes` any more: their memory is reused. Memory that is not given back is not. */
  readonly giveBack?: () => void;
}

/** Memory in which chunks are made; that of chunks which were given back is used first. */
export class ChunkBuffer {
  private format: CopyFormat = 'text';
  private filled = 0;
  private current: Buffer = Buffer.alloc(0);
  private readonly spare: Buffer[] = [];

  get isFull(): boolean {
    return this.filled >= CHUNK_BYTES;
  }

  /** The free part of the memory being filled, at least this many bytes. */
  room(bytes: number): Buffer {
    if (this.current.length < this.filled + bytes) {
      const larger = Buffer.allocUnsafeSlow(this.filled + Math.max(bytes, CHUNK_BYTES + 2 * LINE_BLOCK_BYTES));
      this.current.copy(larger, 0, 0, this.filled);
      this.current = larger;
    }
    return this.current.subarray(this.filled);
  }

  /** Whether rows of this format may be added to those that are there. */
  takes(format: CopyFormat): boolean {
    return this.filled === 0 || this.format === format;
  }

  /** @param bytes of the room that are filled now */
  add(format: CopyFormat, bytes: number): void {
    this.format = format;
    this.filled += bytes;
  }

  /** @returns undefined if there are no rows */
  take(): CopyChunk | undefined {
    const { current, filled, format, spare } = this;
    if (filled === 0) return undefined;
    this.current = spare.pop() ?? Buffer.alloc(0);
    this.filled = 0;
    return { format, bytes: current.subarray(0, filled), giveBack: () => void spare.push(current) };
  }
}
