/** With the walk that finds the next one, one thread of Node's pool of four stays free for the host. */
const AT_A_TIME = 2;

/** Runs operations a few at a time, on files two. The first failure is thrown by the next call. */
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

  /** Waits without judging, for those who fail already. */
  async settle(): Promise<void> {
    await Promise.all(this.running);
  }

  private check(): void {
    if (this.failure) throw this.failure.error;
  }
}
