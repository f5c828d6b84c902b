import type { Transform } from 'node:stream';
import { createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import { ZlibEngine } from '../../support/zlib-engine.js';
import { zstd } from '../../support/zstd.js';
import { zstdFrame } from '../../support/zstd-frame.js';
import { DEFLATED, ZSTANDARD } from '../compression.js';

const OUTPUT_BYTES = 128 * 1024;
/** More than the content needs, so that zlib knows in one step that it has ended; and the least that it accepts. */
const ROOM_BYTES = 64;

/** How the bytes of an entry become its content. Everything throws the errors of zlib for bytes that are damaged. */
interface Decompression {
  /**
   * Small bytes in one piece.
   * @param most `ERR_BUFFER_TOO_LARGE` is thrown for more bytes of content
   */
  whole(bytes: Buffer, most: number): { readonly content: Buffer; readonly consumed: number };
  /** Chunks of the bytes. */
  start(chunks: AsyncIterable<Buffer>): Decompressing;
}

interface Decompressing {
  /** What is to be piped into `stream`. */
  readonly input: AsyncIterable<Buffer>;
  readonly stream: Transform;
  /** The bytes that made up the content, once `stream` has ended. */
  consumed(): number;
}

/** Used again and again for small entries. */
const inflater = ZlibEngine.inflating();

const inflating: Decompression = {
  whole(bytes, most) {
    const room = Buffer.allocUnsafe(most + ROOM_BYTES);
    const done = inflater.run(bytes, room);
    if (done && done.written <= most) return { content: room.subarray(0, done.written), consumed: done.read };
    // In one piece of just this size: zlib's own pieces of 16 KiB would stay as long as the content.
    const inflated: unknown = inflateRawSync(bytes, {
      info: true,
      maxOutputLength: most,
      chunkSize: most + ROOM_BYTES,
    });
    const { buffer, engine } = inflated as { buffer: Buffer; engine: InflateRaw };
    return { content: buffer, consumed: engine.bytesWritten };
  },
  start(chunks) {
    const stream = createInflateRaw({ chunkSize: OUTPUT_BYTES });
    return { input: chunks, stream, consumed: () => stream.bytesWritten };
  },
};

const zstdDecompressing: Decompression = {
  whole(bytes, most) {
    const frame = zstdFrame();
    const taken = frame.take(bytes);
    frame.end();
    const options = { maxOutputLength: most, chunkSize: most + ROOM_BYTES };
    const content = zstd!.zstdDecompressSync(bytes.subarray(0, taken), options);
    return { content, consumed: frame.length };
  },
  start(chunks) {
    const frame = zstdFrame();
    async function* upToItsEnd(): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        const taken = frame.take(chunk);
        if (taken > 0) yield chunk.subarray(0, taken);
      }
      frame.end();
    }
    const stream = zstd!.createZstdDecompress({ chunkSize: OUTPUT_BYTES });
    return { input: upToItsEnd(), stream, consumed: () => frame.length };
  },
};

/** By the method of a ZIP; entries with another one are stored. */
export const DECOMPRESSIONS: Readonly<Record<number, Decompression>> = {
  [DEFLATED]: inflating,
  [ZSTANDARD]: zstdDecompressing,
};
