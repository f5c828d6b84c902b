import { ZipArchive } from 'archiver';
import { once } from 'node:events';
import { pipeline, Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { BackupError } from '../backup.errors.js';
import { ByteBatcher } from './byte-batcher.js';
import { BlockDeflate } from './deflate/block-deflate.js';
import { BlockPool } from './deflate/block-pool.js';
import { makeEngineFaster } from './faster-engine.js';
import { forgetLastEntry } from './forget-last-entry.js';

/** What an entry says about itself. */
export interface EntryAttributes {
  /** Modification time; ZIP keeps it in UTC, to two seconds. Default: now. */
  readonly modified?: Date;
  /** UNIX permission bits. Default: 0644, for directories 0755. */
  readonly mode?: number;
  /** Stored as it is, because deflate would not make it smaller. Default: false. */
  readonly stored?: boolean;
}

interface Waiter {
  readonly event: 'entry' | 'drain';
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A ZIP on its way out, entry after entry, as `stream`. Each method settles when its entry has been taken up completely
 * and waits while the reader of `stream` is behind. Whatever fails destroys `stream`: it never ends like a whole archive.
 */
export class ArchiveWriter {
  /** The archive's bytes. */
  readonly stream = new ByteBatcher();
  /** Whether archiver let itself be sped up; it does what it does in any case. */
  readonly faster: boolean;
  private readonly archive: ZipArchive;
  private readonly pool: BlockPool;
  private waiter: Waiter | undefined;
  private failure: { readonly error: unknown } | undefined;

  /** @param level deflate level, 0 to 9 */
  constructor(private readonly level: number) {
    this.archive = new ZipArchive({ zlib: { level } });
    this.pool = new BlockPool(level);
    this.faster = makeEngineFaster(this.archive, () => new BlockDeflate(this.pool), level);
    this.archive.on('entry', () => this.happened('entry'));
    this.archive.on('drain', () => this.happened('drain'));
    pipeline(this.archive, this.stream, (error) => {
      void this.pool.close();
      if (!error) return;
      this.failure = { error };
      this.waiter?.reject(error);
    });
  }

  /** Adds an entry from bytes that are at hand. */
  async addBytes(name: string, bytes: Buffer, attributes: EntryAttributes = {}): Promise<void> {
    await this.append(bytes, name, attributes);
  }

  /** Adds an empty directory; `name` without the trailing slash. */
  async addDirectory(name: string, attributes: EntryAttributes = {}): Promise<void> {
    await this.append(Buffer.alloc(0), `${name}/`, attributes);
  }

  /**
   * Adds an entry from a stream of chunks, which is closed in any case. A source that fails breaks the archive off,
   * unless `discardOnError` is set: then the entry is left out of the archive's directory. The failure is thrown.
   */
  async addStream(
    name: string,
    chunks: AsyncIterable<Buffer>,
    attributes: EntryAttributes & { readonly discardOnError?: boolean } = {},
  ): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    // archiver makes an uncaught exception of a source that fails, so it is only ever shown an end.
    async function* shielded(): AsyncGenerator<Buffer> {
      try {
        yield* chunks;
      } catch (error) {
        failure = { error };
      }
    }
    const source = Readable.from(shielded(), { objectMode: false });
    const closed = once(source, 'close');
    try {
      await this.append(source, name, attributes);
    } finally {
      source.destroy();
      // A generator that was never begun does not pass this on.
      if (chunks instanceof Readable) chunks.destroy();
      // Until its generator has ended, what it reads from is still in use.
      await closed;
    }
    if (!failure) return;
    if (!attributes.discardOnError || !forgetLastEntry(this.archive, name)) this.abort(failure.error);
    throw failure.error;
  }

  /** Writes the archive's directory; `stream` ends when it has been read. */
  finish(): void {
    // Its promise may never settle after a failure; `stream` tells how it went.
    void this.archive.finalize().catch(() => {});
  }

  /** Breaks the archive off: `stream` is destroyed with the error. */
  abort(error: unknown): void {
    this.stream.destroy(isNativeError(error) ? error : BackupError.archiveFailed('a source failed', error));
  }

  private async append(source: Readable | Buffer, name: string, attributes: EntryAttributes): Promise<void> {
    const taken = this.next('entry');
    if (!this.failure) {
      // archiver's own defaults give way to every key that is there, even if undefined; so all are given.
      const { modified, mode = name.endsWith('/') ? 0o755 : 0o644, stored = false } = attributes;
      // It ignores a Date that is not of its own realm, hence the copy.
      const date = modified ? new Date(modified) : new Date();
      this.archive.append(source, { name, date, mode, store: stored || this.level === 0 });
    }
    await taken;
    // Entries from bytes do not wait for the reader by themselves.
    if (this.archive.writableNeedDrain) await this.next('drain');
  }

  private next(event: Waiter['event']): Promise<void> {
    if (this.failure) return Promise.reject(this.failure.error as Error);
    return new Promise((resolve, reject) => {
      this.waiter = { event, resolve, reject };
    });
  }

  private happened(event: Waiter['event']): void {
    if (this.waiter?.event === event) this.waiter.resolve();
  }
}
