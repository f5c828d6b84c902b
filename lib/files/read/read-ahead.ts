/** Prepares the next `ahead` items while the current one is used, and yields them in order. */
export async function* readAhead<Item, Prepared>(
  items: AsyncIterable<Item>,
  ahead: number,
  prepare: (item: Item) => Promise<Prepared>,
  discard: (prepared: Prepared) => Promise<void>,
): AsyncGenerator<Prepared> {
  const iterator = items[Symbol.asyncIterator]();
  const queue: Array<Promise<Prepared>> = [];
  let ended = false;
  const fill = async () => {
    while (!ended && queue.length < ahead) {
      const next = await iterator.next();
      if (next.done) {
        ended = true;
      } else {
        const prepared = prepare(next.value);
        prepared.catch(() => {}); // It is awaited later, in its turn.
        queue.push(prepared);
      }
    }
  };
  try {
    for (await fill(); queue.length > 0; await fill()) yield await queue.shift()!;
  } finally {
    await iterator.return?.();
    for (const prepared of await Promise.allSettled(queue)) {
      if (prepared.status === 'fulfilled') await discard(prepared.value);
    }
  }
}
