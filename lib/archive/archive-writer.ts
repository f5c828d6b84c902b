import archiver, { type Archiver } from 'archiver';
import { once } from 'node:events';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { archiveFailed } from '../errors/archive-errors.js';
import { ByteBatcher } from './byte-batcher.js';
import { BlockDeflate } from './deflate/block-deflate.js';
import { BlockPool } from './deflate/block-pool.js';
import { describeEntries, type EntryDescription } from './describe-entries.js';
import { EntriesDigest } from './entries-digest.js';
import { EntryRecords } from './entry-records.js';
import { archivedTime } from './entry-times.js';
import { makeEngineFaster } from './faster-engine.js';
import { forgetLastEntry } from './forget-last-entry.js';
import { type EngineEntry, zipEngine } from './archiver7-engine.js';

/** What an entry says about itself. */
export interface EntryAttributes {
  /** When it was modified. Default: now. */
  readonly modified?: Date;
  /** The same in milliseconds, with a fraction; goes before `modified`. */
  readonly mtimeMs?: number;
  /** UNIX permission bits. Default: 0644, for directories 0755. */
  readonly mode?: number;
  /** Stored as it is, because deflate would not make it smaller. Default: false. */
  readonly stored?: boolean;
}

interface StreamAttributes extends EntryAttributes {
  readonly discardOnError?: boolean;
  readonly confirm?: (crc: number | undefined) => Promise<void>;
}

const UNUSED_DATE = new Date(0);
/** Held at most on either side of archiver and on either side of its engine, while the reader is behind. */
const HELD_BYTES = 512 * 1024;

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
  readonly stream: Duplex = new ByteBatcher();
  /**
   * Whether archiver let itself be sped up; it does what it does in any case.
   * @internal
   */
  readonly faster: boolean;
  private readonly archive: Archiver;
  private readonly pool: BlockPool;
  private readonly digest = new EntriesDigest();
  private readonly isDescribed: boolean;
  private current: EntryDescription = { mode: 0, mtimeMs: 0 };
  private waiter: Waiter | undefined;
  private failure: { readonly error: unknown } | undefined;

  /**
   * @param level deflate level, 0 to 9
   * @internal
   */
  constructor(private readonly level: number) {
    this.archive = archiver('zip', { zlib: { level }, highWaterMark: HELD_BYTES });
    this.pool = new BlockPool(level);
    this.faster = makeEngineFaster(this.archive, () => new BlockDeflate(this.pool), level);
    this.isDescribed = describeEntries(this.archive, () => this.current);
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
    this.describe();
  }

  /** Adds a directory; `name` without the trailing slash. */
  async addDirectory(name: string, attributes: EntryAttributes = {}): Promise<void> {
    await this.append(Buffer.alloc(0), `${name}/`, attributes);
    this.describe();
  }

  /**
   * Adds an entry from a stream of chunks, which is closed in any case. A source that fails, or `confirm` that does,
   * breaks the archive off, unless `discardOnError` is set: then the entry is left out of the archive's directory. The
   * failure is thrown.
   * @param attributes `confirm` is called at the end with the CRC-32 of the content, if the engine tells it
   * @internal
   */
  async addStream(name: string, chunks: AsyncIterable<Buffer>, attributes: StreamAttributes = {}): Promise<void> {
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
    try {
      if (!failure) await attributes.confirm?.(this.lastEntry()?.getCrc());
    } catch (error) {
      failure = { error };
    }
    if (!failure) return this.describe();
    if (!attributes.discardOnError || !forgetLastEntry(this.archive, name)) this.abort(failure.error);
    throw failure.error;
  }

  /**
   * Names of the entries so far, in UTF-8, those of directories with their slash; none when the engine hides them.
   * @internal
   */
  entryNames(): Iterable<Buffer> {
    const { _entries: entries } = zipEngine(this.archive);
    if (entries instanceof EntryRecords) return entries.names();
    return Array.isArray(entries) ? (entries as EngineEntry[]).map((entry) => Buffer.from(entry.getName())) : [];
  }

  /**
   * Digest of what the archive says of its entries so far, for its manifest. To be asked for once.
   * @returns undefined when archiver's engine does not look as expected
   * @internal
   */
  entriesDigest(): string | undefined {
    return this.isDescribed ? this.digest.digest() : undefined;
  }

  /** Writes the archive's directory; `stream` ends when it has been read. */
  finish(): void {
    // Its promise may never settle after a failure; `stream` tells how it went.
    void this.archive.finalize().catch(() => {});
  }

  /** Breaks the archive off: `stream` is destroyed with the error. */
  abort(error: unknown): void {
    this.stream.destroy(isNativeError(error) ? error : archiveFailed('a source failed', error));
  }

  private async append(source: Readable | Buffer, name: string, attributes: EntryAttributes): Promise<void> {
    const taken = this.next('entry');
    if (!this.failure) {
      // archiver's own defaults give way to every key that is there, even if undefined; so all are given.
      const { modified, mode = name.endsWith('/') ? 0o755 : 0o644, stored = false } = attributes;
      const mtimeMs = archivedTime(attributes.mtimeMs ?? modified?.getTime() ?? Date.now());
      this.current = { mode, mtimeMs };
      // It ignores a Date that is not of its own realm, hence a new one; where entries are described, it is not used.
      const date = this.isDescribed ? UNUSED_DATE : new Date(mtimeMs);
      this.archive.append(source, { name, date, mode, store: stored || this.level === 0 });
    }
    await taken;
    // Entries from bytes do not wait for the reader by themselves.
    if (this.archive.writableNeedDrain) await this.next('drain');
  }

  /** Takes up into the digest what became of the last entry. */
  private describe(): void {
    const entry = this.lastEntry();
    if (!entry) return;
    const { mode, mtimeMs } = this.current;
    this.digest.add(entry.getName(), mode, mtimeMs);
  }

  private lastEntry(): EngineEntry | undefined {
    return this.isDescribed ? zipEngine(this.archive)._entries?.at(-1) : undefined;
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
