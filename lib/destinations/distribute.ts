import type { PassThrough, Readable } from 'node:stream';
import { destinationFailed } from '../errors/destination-errors.js';
import { whenIdle } from '../support/when-idle.js';

/**
 * Reads a stream once for several readers, at the pace of the slowest. A reader that is destroyed, or that reads
 * nothing for too long while bytes wait for it, is left behind. When none is left, the stream is destroyed. When the
 * stream fails, so do all readers.
 * @param idleTimeout in milliseconds
 * @returns how many bytes there were
 */
export async function distribute(
  source: Readable,
  readers: readonly PassThrough[],
  idleTimeout: number,
): Promise<number> {
  let bytes = 0;
  // Whatever reads from a reader reports why it failed.
  for (const reader of readers) reader.on('error', () => {});
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      await Promise.all(readers.map((reader) => give(reader, chunk, idleTimeout)));
      bytes += chunk.length;
      if (readers.every(({ destroyed }) => destroyed)) break;
    }
  } catch (error) {
    for (const reader of readers) reader.destroy(error as Error);
    throw error;
  }
  for (const reader of readers) if (!reader.destroyed) reader.end();
  return bytes;
}

/** Resolves when the reader accepts more, or is gone. */
function give(reader: PassThrough, chunk: Buffer, idleTimeout: number): Promise<void> {
  if (reader.destroyed || reader.write(chunk)) return Promise.resolve();
  return new Promise((resolve) => {
    const stalled = () => reader.destroy(destinationFailed(`it accepted no data for ${idleTimeout / 1000} s`));
    const endWatch = whenIdle(idleTimeout, () => true, stalled);
    const go = () => {
      endWatch();
      reader.off('drain', go).off('close', go);
      resolve();
    };
    reader.once('drain', go).once('close', go);
  });
}
