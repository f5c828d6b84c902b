/**
 * Together with the walk that finds the next file, this leaves one thread of Node's pool of four to the application.
 */
const AT_A_TIME = 2;

/** Runs operations a few at a time, two for files. The first failure is thrown by the next call. */
export class ConcurrencyLimiter {
  private readonly running = new Set<Promise<void>>();
  private failure: { error: unknown } | undefined;

  constructor(private readonly atATime = AT_A_TIME) {}

  async run(operation: () => Promise<void>): Promise<void> {
    while (this.running.size >= this.atATime) await Promise.race(this.running);
    this.check();
    const running = operation()
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }

  async end(): Promise<void> {
    await this.settle();
    this.check();
  }

  /** Waits without throwing, for callers that are already failing. */
  async settle(): Promise<void> {
    await Promise.all(this.running);
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}

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
