/** What a source yields, until the connection is gone: then its reason is thrown at once, however long the source takes. */
export async function* untilLost<Item>(source: AsyncIterable<Item>, lost: AbortSignal): AsyncGenerator<Item, void> {
  const iterator = source[Symbol.asyncIterator]();
  let fail = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = () => reject(lost.reason);
  });
  failed.catch(() => {}); // It may come while nobody waits.
  if (lost.aborted) fail();
  lost.addEventListener('abort', fail, { once: true });
  let ended = false;
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), failed]);
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    lost.removeEventListener('abort', fail);
    // A source that is stuck could not end, either: it is told, not waited for.
    if (!ended) iterator.return?.().then(undefined, () => {});
  }
}
