/**
 * Runs file operations three at a time, so that one thread of Node's pool of four stays free for the host. The first
 * failure is thrown by the next call.
 */
export class FewAtATime {
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  async run(operation: () => Promise<void>): Promise<void> {
    while (this.#running.size >= 3) await Promise.race(this.#running);
    this.#check();
    const running = operation()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async end(): Promise<void> {
    await this.settle();
    this.#check();
  }

  /** Waits without judging, for those who fail already. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
