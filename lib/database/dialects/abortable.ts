/**
 * Yields what a source yields until the signal aborts: then its reason is thrown immediately, however long the source
 * takes. No promise outlives its item: otherwise it would retain every item that was ever raced against it.
 */
export async function* abortable<Item>(source: AsyncIterable<Item>, ended: AbortSignal): AsyncGenerator<Item, void> {
  const iterator = source[Symbol.asyncIterator]();
  let fail = () => {};
  const onAbort = () => fail();
  ended.addEventListener('abort', onAbort, { once: true });
  let finished = false;
  try {
    for (;;) {
      ended.throwIfAborted();
      const next = await new Promise<IteratorResult<Item>>((resolve, reject) => {
        fail = () => reject(ended.reason);
        iterator.next().then(resolve, reject);
      });
      finished = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    ended.removeEventListener('abort', onAbort);
    // A source that is stuck could not end either: it is notified, not awaited.
    if (!finished) iterator.return?.().then(undefined, () => {});
  }
}
