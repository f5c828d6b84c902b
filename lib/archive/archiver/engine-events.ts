import type { Archiver } from 'archiver';

interface Waiter {
  readonly event: 'entry' | 'drain';
  resolve(): void;
  reject(error: unknown): void;
}

/** Waits for events of archiver, one at a time. After a failure there are none, and it is what is thrown. */
export class EngineEvents {
  private waiter: Waiter | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(archive: Archiver) {
    archive.on('entry', () => this.happened('entry'));
    archive.on('drain', () => this.happened('drain'));
  }

  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** @throws the failure, if there was one */
  check(): void {
    if (this.failure) throw this.failure.error;
  }

  fail(error: unknown): void {
    this.failure = { error };
    this.waiter?.reject(error);
  }

  next(event: Waiter['event']): Promise<void> {
    if (this.failure) return Promise.reject(this.failure.error as Error);
    return new Promise((resolve, reject) => {
      this.waiter = { event, resolve, reject };
    });
  }

  private happened(event: Waiter['event']): void {
    if (this.waiter?.event === event) this.waiter.resolve();
  }
}
