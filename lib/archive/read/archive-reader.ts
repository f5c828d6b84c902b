import { Readable } from 'node:stream';
import { archiveInvalid, overLimit } from '../../errors/archive-errors.js';
import type { ByteSource } from '../../support/byte-source.js';
import { displayName } from '../../support/visible-text.js';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '../archive-limits.js';
import type { ArchiveEntry, LocatedEntry } from './entry-table.js';
import { checkLocalHeader } from './local-header.js';
import { type OpenedZip, openZip } from './open-zip.js';
import { entryBytes, entryChunks, type PackedEntry, packedEntry } from './read-entry.js';

/** Options for opening an archive. */
export interface ArchiveReaderOptions {
  readonly limits?: Partial<ArchiveLimits>;
  readonly signal?: AbortSignal;
}

/**
 * An archive with random access. Opening it checks its whole central directory: names, kinds, order, positions, sizes.
 * The local header and descriptor of an entry are checked when the entry is read, before its first byte is returned.
 */
export class ArchiveReader {
  private constructor(
    private readonly source: ByteSource,
    private readonly opened: OpenedZip,
    readonly limits: ArchiveLimits,
  ) {}

  /**
   * @param source closed by `close`; stays open when opening fails
   * @throws BackupError `ARCHIVE_INVALID`
   */
  static async open(source: ByteSource, { limits, signal }: ArchiveReaderOptions = {}): Promise<ArchiveReader> {
    const all = { ...DEFAULT_ARCHIVE_LIMITS, ...limits };
    return new ArchiveReader(source, await openZip(source, all, signal), all);
  }

  /** Size of the archive, in bytes. */
  get size(): number {
    return this.source.size;
  }

  /** Number of entries. */
  get length(): number {
    return this.opened.entries.length;
  }

  /** All entries in order, each created on demand. */
  *entries(): Generator<ArchiveEntry> {
    for (let index = 0; index < this.length; index++) yield this.opened.entries.entry(index);
  }

  /** The entry with this name; a directory's trailing slash is omitted. */
  find(name: string): ArchiveEntry | undefined {
    return this.opened.entries.find(name);
  }

  /**
   * The content of an entry. Instead of ending, the stream fails (`ARCHIVE_INVALID`) if it is not what was declared.
   */
  read(entry: ArchiveEntry): Readable {
    return Readable.from(this.chunks(entry), { objectMode: false });
  }

  /** Like `read`, but without a stream around it. */
  async *chunks({ index }: ArchiveEntry): AsyncGenerator<Buffer> {
    const entry = this.opened.entries.entry(index);
    yield* entryChunks(this.source, this.opened.window, entry, await this.startOf(entry));
  }

  /** All of the content of a small entry. */
  async bytes({ index }: ArchiveEntry): Promise<Buffer> {
    const entry = this.opened.entries.entry(index);
    return entryBytes(this.source, this.opened.window, entry, await this.startOf(entry));
  }

  /** An entry for somebody else to decompress and to check. */
  async packed({ index }: ArchiveEntry): Promise<PackedEntry> {
    const entry = this.opened.entries.entry(index);
    return packedEntry(this.source, this.opened.window, entry, await this.startOf(entry));
  }

  /**
   * The text of a small entry.
   * @throws BackupError `ARCHIVE_INVALID` when it is missing, larger than `limit` bytes, damaged or not UTF-8
   */
  async readText(name: string, limit = this.limits.manifestBytes): Promise<string> {
    const entry = this.find(name);
    if (!entry) throw archiveInvalid(`its entry ${displayName(name)} is missing`);
    if (entry.size > limit) {
      throw overLimit(`its entry ${displayName(name)} has ${entry.size} bytes, more than ${limit}`, 'manifestBytes');
    }
    const pieces: Buffer[] = [];
    for await (const chunk of this.chunks(entry)) pieces.push(chunk);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces));
    } catch (error) {
      throw archiveInvalid(`its entry ${displayName(name)} is not UTF-8`, error);
    }
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  /** Where the data of an entry begins, once what stands before it was checked. */
  private startOf(entry: LocatedEntry): Promise<number> {
    const { window, entries, end } = this.opened;
    const next = entry.index + 1;
    const limit = next < entries.length ? entries.offsets[next]! : end;
    return checkLocalHeader(window, entries.nameBytes(entry.index), entry, limit);
  }
}
