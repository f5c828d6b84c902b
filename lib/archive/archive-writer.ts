import type { Hash } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import archiver, { type Archiver } from 'archiver';
import { archiveFailed, zstdMissing } from '../errors/archive-errors.js';
import { AlikeEntries } from './archiver/alike-entries.js';
import { smallCompressor } from './archiver/compress-small.js';
import { EngineEvents } from './archiver/engine-events.js';
import { type EntryRecords, writtenNames } from './archiver/entry-headers.js';
import { type EngineEntry, forgetLastEntry, type ZipEngine, zipEngine } from './archiver/internals.js';
import { describeEntries, type EntryDescription, patchArchiver } from './archiver/patch.js';
import { ByteBatcher } from './byte-batcher.js';
import { BlockPool } from './compress/block-pool.js';
import { BlockCompressor } from './compress/entry-content.js';
import { zstdWorks } from './compress/zstd-works.js';
import { type Compression, HIGHEST_LEVEL } from './compression.js';
import { type EntryAttributes, type FileEntry, withDefaults } from './entry-attributes.js';
import { EntryDigests, hashed } from './entry-digests.js';

interface StreamAttributes extends EntryAttributes {
  readonly discardOnError?: boolean;
  readonly confirm?: (crc: number | undefined) => Promise<void>;
}

const UNUSED_DATE = new Date(0);
/** For so long, in milliseconds, files are added without letting the application's own work in between. */
const SLICE_MS = 3;
/** Upper limit of what is held on either side of archiver and of its engine while the reader is behind. */
const HELD_BYTES = 512 * 1024;

/**
 * A ZIP being written to `stream`, entry by entry. Each method settles when its entry has been taken up completely, and
 * waits while the reader of `stream` is behind. Any failure destroys `stream`, so it never ends like a complete
 * archive.
 */
export class ArchiveWriter {
  /** The archive's bytes. */
  readonly stream: Duplex = new ByteBatcher();
  /**
   * Whether archiver could be sped up; the result is correct either way.
   * @internal
   */
  readonly faster: boolean;
  private readonly archive: Archiver;
  private readonly pool: BlockPool;
  private readonly digests: EntryDigests;
  private readonly isDescribed: boolean;
  /** Adds many files at once, if the engine looks as expected. */
  private readonly alike: AlikeEntries | undefined;
  private current: EntryDescription = { mode: 0, mtimeMs: 0 };
  private readonly events: EngineEvents;

  /**
   * @param level of the compression, 0 (stored) to 9 or, of zstd, 19
   * @param digestsFiles whether the content of files is digested
   * @throws BackupError `ARCHIVE_FAILED` when this Node has no zstd
   * @internal
   */
  constructor(
    private readonly level: number,
    compression: Compression = 'deflate',
    digestsFiles = false,
  ) {
    this.digests = new EntryDigests(digestsFiles);
    if (compression === 'zstd' && !zstdWorks()) throw zstdMissing();
    // The level of its own deflate, which is not used.
    const zlib = { level: Math.min(level, HIGHEST_LEVEL.deflate) };
    this.archive = archiver('zip', { zlib, highWaterMark: HELD_BYTES });
    this.pool = new BlockPool(level, compression);
    const compressSmall = smallCompressor[compression](level);
    this.faster = patchArchiver(this.archive, () => new BlockCompressor(this.pool), compressSmall, compression);
    this.isDescribed = describeEntries(this.archive, () => this.current);
    const engine = zipEngine(this.archive);
    if (this.faster) {
      this.alike = new AlikeEntries(engine as ZipEngine, engine._entries as EntryRecords, compressSmall);
    }
    this.events = new EngineEvents(this.archive);
    pipeline(this.archive, this.stream, (error) => {
      void this.pool.close();
      if (error) this.events.fail(error);
    });
  }

  /** Adds an entry from a buffer. */
  async addBytes(name: string, bytes: Buffer, attributes: EntryAttributes = {}): Promise<void> {
    await this.append(bytes, name, attributes);
    this.describe(bytes);
  }

  /**
   * Adds files from buffers; many take much less time together than one by one.
   * @internal
   */
  async addFiles(files: readonly FileEntry[]): Promise<void> {
    let began = Number.NEGATIVE_INFINITY;
    for (const file of files) {
      if (this.alike?.isFull || performance.now() - began > SLICE_MS) {
        await this.writeAlike();
        await setImmediate();
        began = performance.now();
      }
      this.events.check();
      if (!this.addAlike(file)) await this.addByArchiver(file);
    }
    await this.writeAlike();
  }

  /** Adds a directory; `name` has no trailing slash. */
  async addDirectory(name: string, attributes: EntryAttributes = {}): Promise<void> {
    await this.append(Buffer.alloc(0), `${name}/`, attributes);
    this.describe();
  }

  /**
   * Adds an entry from a stream of chunks, which is closed in any case. If the source or `confirm` fails, the archive
   * fails, unless `discardOnError` is set: then the entry is left out of the archive's central directory. The failure
   * is thrown.
   * @param attributes `confirm` is called at the end with the CRC-32 of the content, if the engine provides it
   * @internal
   */
  async addStream(name: string, chunks: AsyncIterable<Buffer>, attributes: StreamAttributes = {}): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    const hash = this.digests.hashFor(name);
    // archiver turns a failing source into an uncaught exception, so it only ever sees a regular end.
    async function* shielded(): AsyncGenerator<Buffer> {
      try {
        yield* hash ? hashed(chunks, hash) : chunks;
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
      // A generator that was never started does not pass this on.
      if (chunks instanceof Readable) chunks.destroy();
      // Until its generator has ended, its source is still in use.
      await closed;
    }
    try {
      if (!failure) await attributes.confirm?.(this.lastEntry()?.getCrc());
    } catch (error) {
      failure = { error };
    }
    if (!failure) return this.describe(hash);
    if (!attributes.discardOnError || !forgetLastEntry(this.archive, name)) this.abort(failure.error);
    throw failure.error;
  }

  /**
   * Whether the content of files is digested.
   * @internal
   */
  get digestsFiles(): boolean {
    return this.digests.withContents;
  }

  /**
   * Names of the entries so far in UTF-8, those of directories with a trailing slash; none when the engine hides them.
   * @internal
   */
  entryNames(): Iterable<Buffer> {
    return writtenNames(zipEngine(this.archive));
  }

  /**
   * Digest of what the archive says about its entries so far, for its manifest. May be called only once.
   * @returns undefined when archiver's engine does not look as expected
   * @internal
   */
  entriesDigest(): string | undefined {
    return this.isDescribed ? this.digests.entriesDigest() : undefined;
  }

  /**
   * Digest of the files of a data directory, for its manifest. May be called only once for each.
   * @returns undefined when they are not digested, or archiver's engine does not look as expected, which may change names
   * @see FilesDigest
   * @internal
   */
  filesDigest(directory: string): string | undefined {
    return this.isDescribed ? this.digests.filesDigest(directory) : undefined;
  }

  /** Writes the archive's central directory; `stream` ends when that has been read. */
  finish(): void {
    // Its promise may never settle after a failure; `stream` reports the outcome.
    void this.archive.finalize().catch(() => {});
  }

  /** Aborts the archive: `stream` is destroyed with the error. */
  abort(error: unknown): void {
    this.stream.destroy(isNativeError(error) ? error : archiveFailed('a source failed', error));
  }

  private addAlike(file: FileEntry): boolean {
    const { name, bytes } = file;
    const { mode, mtimeMs, uncompressed } = withDefaults(name, file);
    const isAdded = this.alike?.add({ name, bytes, mode, mtimeMs, uncompressed: uncompressed || this.level === 0 });
    if (isAdded) this.digests.add(name, mode, mtimeMs, bytes, file.sha256);
    return isAdded === true;
  }

  private async writeAlike(): Promise<void> {
    this.alike?.write();
    await this.drained();
  }

  private async addByArchiver(file: FileEntry): Promise<void> {
    await this.writeAlike();
    await this.append(file.bytes, file.name, file);
    this.describe(file.bytes, file.sha256);
    const entry = this.lastEntry();
    if (entry) this.alike?.learn(entry, withDefaults(file.name, file).mode);
  }

  private async append(source: Readable | Buffer, name: string, attributes: EntryAttributes): Promise<void> {
    const taken = this.events.next('entry');
    if (!this.events.hasFailed) {
      // archiver's defaults give way to every key that is present, even if undefined, so all are given.
      const { mode, mtimeMs, uncompressed } = withDefaults(name, attributes);
      this.current = { mode, mtimeMs };
      // It ignores a Date from another realm, hence a new one; where entries are described, it is not used.
      const date = this.isDescribed ? UNUSED_DATE : new Date(mtimeMs);
      this.archive.append(source, { name, date, mode, store: uncompressed || this.level === 0 });
    }
    await taken;
    await this.drained();
  }

  /** Entries from buffers do not wait for the reader by themselves. */
  private async drained(): Promise<void> {
    if (this.archive.writableNeedDrain) await this.events.next('drain');
  }

  /**
   * Adds the final state of the last entry to the digests.
   * @param content of a file, or what has digested it
   */
  private describe(content?: Buffer | Hash, sha256?: Buffer): void {
    const entry = this.lastEntry();
    if (!entry) return;
    const { mode, mtimeMs } = this.current;
    this.digests.add(entry.getName(), mode, mtimeMs, content, sha256);
  }

  private lastEntry(): EngineEntry | undefined {
    return this.isDescribed ? zipEngine(this.archive)._entries?.at(-1) : undefined;
  }
}
