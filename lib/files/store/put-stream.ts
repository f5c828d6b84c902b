import { Readable } from 'node:stream';
import type { FileAttributes, FileStore } from './file-store.js';

/** Stores a stream. If the stream fails, its own error is thrown rather than the store's. */
export async function putStream(
  store: FileStore,
  path: string,
  chunks: AsyncIterable<Buffer | string>,
  attributes: FileAttributes,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  async function* watched() {
    try {
      yield* chunks;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  await store.put(path, Readable.from(watched(), { objectMode: false }), attributes).catch((error: unknown) => {
    throw failure ? failure.error : error;
  });
}
