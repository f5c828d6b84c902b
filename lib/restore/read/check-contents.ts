import { createHash, hash } from 'node:crypto';
import { hashed } from '../../archive/entry-digests.js';
import { FilesDigest } from '../../archive/files-digest.js';
import type { ArchiveEntry } from '../../archive/read/entry-table.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import { displayName } from '../../support/visible-text.js';
import type { DataEntry } from './check-entries.js';

/**
 * Holds the content of files against the digests of the manifest while it is read. Files may be read at the same time: the
 * digests of those that are ahead of their turn are kept.
 */
export class ContentCheck {
  private readonly digests = new Map<string, FilesDigest>();
  private readonly ahead = new Map<number, Buffer>();
  /** The files that have to be read, in the archive's order. */
  private readonly files: Iterator<DataEntry>;
  private next: DataEntry | undefined;

  /**
   * @param entries of the data directories
   * @param wanted names of those whose files are read; of an older archive without digests nothing is checked
   */
  constructor(
    private readonly manifest: BackupManifest,
    entries: Iterable<DataEntry>,
    wanted: Iterable<string>,
  ) {
    for (const name of wanted) {
      if (manifest.files[name]?.digest !== undefined) this.digests.set(name, new FilesDigest());
    }
    this.files = filesOf(entries, this.digests);
    this.advance();
  }

  /** The content of a file, unchanged, which has to be read to its end. A directory has none. */
  of(one: DataEntry, content: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    return this.isChecked(one) ? this.digested(one.entry, content) : content;
  }

  /** The same for the content of a file that was read as a whole. */
  ofBytes(one: DataEntry, content: Buffer): Buffer {
    if (this.isChecked(one)) this.record(one.entry, hash('sha256', content, 'buffer'));
    return content;
  }

  /**
   * Called when all files have been read.
   * @throws BackupError `ARCHIVE_INVALID`: what was read is not what the manifest digests
   */
  finish(): void {
    if (this.next) throw archiveInvalid(`its entry ${displayName(this.next.entry.name)} was not read to its end`);
    for (const [name, digest] of this.digests) {
      if (digest.digest() === this.manifest.files[name]!.digest) continue;
      throw archiveInvalid(`the files of directory ${displayName(name)} are not those that the manifest digests`);
    }
  }

  private isChecked({ directory, entry }: DataEntry): boolean {
    return !entry.isDirectory && this.digests.has(directory);
  }

  private async *digested(entry: ArchiveEntry, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const sha256 = createHash('sha256');
    yield* hashed(content, sha256);
    this.record(entry, sha256.digest());
  }

  private record({ index }: ArchiveEntry, digest: Buffer): void {
    if (index === this.next?.entry.index) this.add(digest);
    else this.ahead.set(index, digest);
    for (let done = this.takeNext(); done; done = this.takeNext()) this.add(done);
  }

  /** Adds the file whose turn it is. */
  private add(digest: Buffer): void {
    const { directory, entry } = this.next!;
    this.digests.get(directory)!.add(entry.name, digest);
    this.advance();
  }

  private takeNext(): Buffer | undefined {
    if (this.ahead.size === 0) return undefined;
    const index = this.next?.entry.index;
    const done = index === undefined ? undefined : this.ahead.get(index);
    if (done) this.ahead.delete(index!);
    return done;
  }

  private advance(): void {
    const { done, value } = this.files.next();
    this.next = done ? undefined : value;
  }
}

function* filesOf(entries: Iterable<DataEntry>, wanted: ReadonlyMap<string, unknown>): Generator<DataEntry, undefined> {
  for (const one of entries) if (!one.entry.isDirectory && wanted.has(one.directory)) yield one;
}
