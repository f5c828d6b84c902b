import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';

/** What a ZIP records about the content of an entry once that has passed through. */
export interface EntrySums {
  readonly crc: number;
  /** Uncompressed, in bytes. */
  readonly size: number;
  readonly compressedSize: number;
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
