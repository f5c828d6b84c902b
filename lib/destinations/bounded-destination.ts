import type { Readable } from 'node:stream';
import { BackupError } from '../errors/backup-error.js';
import { noAnswer } from '../errors/destination-errors.js';
import type { ByteSource } from '../support/byte-source.js';
import { ABORT_GRACE_MS, untilAborted, withDeadline } from '../support/deadline.js';
import type {
  BackupDestination,
  PutOptions,
  Replacement,
  RewrittenObject,
  StoredObject,
} from './backup-destination.js';
import { watchPut } from './watch-put.js';

/**
 * A destination whose calls always settle, whatever the destination does. Each call has a deadline, and an abort ends a
 * `put`. Whatever a call does after it was given up is undone when it becomes known.
 */
export class BoundedDestination implements BackupDestination {
  readonly directory?: string;
  readonly location?: string;
  readonly rewrite: BackupDestination['rewrite'];

  /** Calls that continue although nothing waits for them any more. */
  private readonly late = new Set<Promise<unknown>>();

  /**
   * @param timeout in milliseconds
   * @param problem why it cannot be used, to be thrown by whatever would use it
   */
  constructor(
    private readonly inner: BackupDestination,
    private readonly timeout: number,
    readonly problem?: Error,
  ) {
    this.directory = inner.directory;
    this.location = inner.location;
    this.rewrite = inner.rewrite && ((...given) => this.rewritten(...given));
  }

  async put(name: string, content: Readable, { signal }: PutOptions = {}): Promise<StoredObject> {
    const stop = new AbortController();
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const putting = called(() => this.inner.put(name, content, { signal: ended }));
    const unwatch = this.inner.hasOwnDeadline
      ? () => {}
      : watchPut(content, this.timeout, () => stop.abort(this.silent('put')));
    try {
      return await untilAborted(ended, putting);
    } catch (error) {
      content.destroy();
      if (ended.aborted) this.undoLate(name, putting);
      throw error;
    } finally {
      unwatch();
    }
  }

  async open(name: string): Promise<ByteSource> {
    const opening = called(() => this.inner.open(name));
    const source = await this.within('open', opening).catch((error: unknown) => {
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
    return {
      size: source.size,
      read: (position, length) =>
        this.within(
          'read',
          called(() => source.read(position, length)),
        ),
      // What was read was read: it does not matter whether closing succeeds, or in time.
      close: () =>
        withDeadline(
          Math.min(this.timeout, ABORT_GRACE_MS * 10),
          called(() => source.close()),
          () => this.silent('close'),
        ).catch(() => {}),
    };
  }

  /** An aborted one is not waited for: it replaces nothing, or all at once. */
  private async rewritten(
    name: string,
    change: (object: ByteSource) => Promise<Replacement>,
    { signal = new AbortController().signal }: PutOptions = {},
  ): Promise<RewrittenObject> {
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    const rewriting = untilAborted(
      ended,
      called(() => this.inner.rewrite!(name, change, { signal: ended })),
    );
    if (this.inner.hasOwnDeadline) return rewriting;
    const late = this.silent('rewrite');
    return withDeadline(this.timeout, rewriting, () => late).catch((error: unknown) => {
      stop.abort(late);
      throw error;
    });
  }

  async *list(): AsyncGenerator<StoredObject> {
    const objects = this.inner.list()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.within(
          'list',
          called(() => objects.next()),
        );
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // A destination that hangs would not return from this call, either.
      called(async () => objects.return?.()).catch(() => {});
    }
  }

  delete(name: string): Promise<void> {
    return this.within(
      'delete',
      called(() => this.inner.delete(name)),
    );
  }

  /** Resolves when nothing is running any more, or after that many milliseconds. */
  async settled(milliseconds: number): Promise<void> {
    const all = Promise.allSettled(this.late).then(() => {});
    await withDeadline(milliseconds, all, () => new Error()).catch(() => {});
  }

  private within<Value>(method: string, promise: Promise<Value>): Promise<Value> {
    return withDeadline(this.timeout, promise, () => this.silent(method));
  }

  private undoLate(name: string, putting: Promise<StoredObject>): void {
    const undone: Promise<unknown> = putting
      .then(() => this.inner.delete(name))
      .catch(() => {})
      .finally(() => this.late.delete(undone));
    this.late.add(undone);
  }

  private silent(method: string): BackupError {
    return noAnswer(`its method ${method}()`, this.timeout);
  }
}

/** Calls third-party code, which may throw instead of rejecting. */
function called<Value>(call: () => PromiseLike<Value>): Promise<Value> {
  return new Promise((resolve) => resolve(call()));
}
