/**
 * The beginning of a content, or all of it if it is no longer than `most` bytes; `rest` yields it from its beginning.
 */
export interface Peeked {
  readonly bytes: Buffer;
  readonly whole: boolean;
  readonly rest: AsyncIterable<Buffer>;
  /** To be called in the end, since a reader of `rest` may never have started. */
  close(): Promise<unknown>;
}

/** Reads just enough of a content to know whether it is small. */
export async function peek(content: AsyncIterable<Buffer>, most: number): Promise<Peeked> {
  const iterator = content[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let length = 0;
  let whole = false;
  while (!whole && length <= most) {
    const next = await iterator.next();
    if (next.done) {
      whole = true;
    } else {
      chunks.push(next.value);
      length += next.value.length;
    }
  }
  async function* rest() {
    yield* chunks;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  const bytes = whole ? Buffer.concat(chunks) : Buffer.alloc(0);
  return { bytes, whole, rest: rest(), close: async () => iterator.return?.() };
}
