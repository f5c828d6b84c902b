import { Readable } from 'node:stream';

/**
 * Gives on what another stream gives, each piece by a function that may end the wait for it. It closes at once when it is
 * destroyed, whatever the other one does.
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
