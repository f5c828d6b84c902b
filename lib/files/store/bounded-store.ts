import { Readable } from 'node:stream';
import { untilAborted, withDeadline } from '../../support/deadline.js';
import type { FileAttributes, FileContent, FileStore, ListedFile } from './file-store.js';
import { WatchedContent } from './watched-content.js';

/**
 * A file store whose calls always settle, whatever the store does. Each call has a deadline, and an abort ends all of
 * them the way the end of the process would: what was requested by then may still happen.
 */
export class BoundedStore implements FileStore {
  readonly location: string;

  /**
   * @param timeout in milliseconds
   * @param signal ends every call
   */
  constructor(
    private readonly inner: FileStore,
    private readonly timeout: number,
    private readonly signal?: AbortSignal,
  ) {
    this.location = inner.location;
  }

  /** The same store for work that a signal ends. */
  until(signal: AbortSignal): BoundedStore {
    return new BoundedStore(this.inner, this.timeout, this.signal ? AbortSignal.any([this.signal, signal]) : signal);
  }

  async *list(below?: string): AsyncGenerator<ListedFile> {
    const files = this.inner.list(below)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.within(() => files.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // A store that hangs would not return from this call, either.
      void Promise.resolve(files.return?.()).catch(() => {});
    }
  }

  async open(path: string): Promise<FileContent> {
    let late = false;
    const opening = Promise.resolve(this.inner.open(path));
    opening.then(({ content }) => late && content.destroy()).catch(() => {});
    try {
      const { content, ...about } = await this.within(() => opening);
      return { ...about, content: this.watched(content) };
    } catch (error) {
      late = true;
      throw error;
    }
  }

  async put(path: string, content: Buffer | Readable, attributes: FileAttributes): Promise<void> {
    const put = (source: Buffer | Readable) => this.inner.put(path, source, attributes);
    if (this.inner.hasOwnDeadline) return this.untilAborted(() => put(content));
    if (Buffer.isBuffer(content)) return this.within(() => put(content));
    let moved = () => {};
    const counted = Readable.from(
      counting(content, () => moved()),
      { objectMode: false },
    );
    try {
      await this.progressing(
        () => put(counted),
        (restart) => (moved = restart),
      );
    } catch (error) {
      content.destroy();
      throw error;
    }
  }

  copy(from: string, to: string): Promise<void> {
    const copy = () => this.inner.copy(from, to);
    return this.inner.hasOwnDeadline ? this.untilAborted(copy) : this.within(copy);
  }

  delete(path: string): Promise<void> {
    return this.within(() => this.inner.delete(path));
  }

  /** An aborted read ends immediately, even where its store cannot end it. */
  private watched(content: Readable): Readable {
    if (!this.inner.hasOwnDeadline) return new WatchedContent(content, (next) => this.within(next));
    return this.signal ? new WatchedContent(content, (next) => this.untilAborted(next)) : content;
  }

  private within<Value>(call: () => PromiseLike<Value>): Promise<Value> {
    return withDeadline(this.timeout, started(call), () => this.silent(), this.signal);
  }

  private untilAborted<Value>(call: () => PromiseLike<Value>): Promise<Value> {
    return untilAborted(this.signal, started(call), 0);
  }

  private progressing(call: () => Promise<void>, onStart: (restart: () => void) => void): Promise<void> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(this.silent()), this.timeout);
    onStart(() => void timer.refresh());
    const either = this.signal ? AbortSignal.any([this.signal, stop.signal]) : stop.signal;
    return untilAborted(either, started(call), 0).finally(() => clearTimeout(timer));
  }

  private silent(): Error {
    return new Error(`${this.location} did not answer for ${this.timeout / 1000} seconds (option remoteTimeout)`);
  }
}

async function* counting(content: Readable, onEach: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of content as AsyncIterable<Buffer>) {
    onEach();
    yield chunk;
  }
  onEach();
}

/** Calls third-party code, which may throw instead of rejecting. */
function started<Value>(call: () => PromiseLike<Value>): Promise<Value> {
  return new Promise((resolve) => resolve(call()));
}
