import { Readable } from 'node:stream';

/**
 * Passes on what another stream yields, each chunk through a function that may end the wait for it. When destroyed, it
 * closes immediately, whatever the other stream does.
 */
export class WatchedContent extends Readable {
  private readonly pieces: AsyncIterator<Buffer>;

  constructor(
    private readonly source: Readable,
    private readonly wait: (next: () => Promise<IteratorResult<Buffer>>) => Promise<IteratorResult<Buffer>>,
  ) {
    super();
    this.pieces = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    source.on('error', () => {});
  }

  override _read(): void {
    this.wait(() => this.pieces.next()).then(
      ({ done, value }) => {
        if (done) this.push(null);
        else if (value.length === 0) this._read();
        else this.push(value);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.source.destroy();
    callback(error);
  }
}
