import { ConcurrencyLimiter } from '../concurrency-limiter.js';

/** Requests mostly wait for the network. */
export const REQUESTS_AT_A_TIME = 8;

/** Calls `each` for every item, several at a time. The first failure is thrown once nothing is running any more. */
export async function forEachConcurrent<Item>(
  items: AsyncIterable<Item>,
  each: (item: Item) => Promise<void>,
): Promise<void> {
  const few = new ConcurrencyLimiter(REQUESTS_AT_A_TIME);
  try {
    for await (const item of items) await few.run(() => each(item));
    await few.end();
  } finally {
    await few.settle();
  }
}
