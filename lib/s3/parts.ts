import type { Readable } from 'node:stream';

export interface Part {
  /** Starts at 1. */
  readonly number: number;
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/** Cuts a stream into parts of the sizes that a function returns; the last one is shorter, and may be empty. */
export async function* partsOf(content: Readable, sizeOf: (part: number) => number): AsyncGenerator<Part> {
  let number = 1;
  let bytes = Buffer.allocUnsafe(sizeOf(number));
  let filled = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === bytes.length) {
        yield { number, bytes, isLast: false };
        bytes = Buffer.allocUnsafe(sizeOf(++number));
        filled = 0;
      }
      const copied = chunk.copy(bytes, filled, at);
      at += copied;
      filled += copied;
    }
  }
  yield { number, bytes: bytes.subarray(0, filled), isLast: true };
}
