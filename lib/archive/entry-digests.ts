import { createHash, type Hash } from 'node:crypto';
import { EntriesDigest } from './entries-digest.js';
import { FilesDigest, sha256Of } from './files-digest.js';

/** The digests of a manifest, made while the entries of an archive are written. */
export class EntryDigests {
  private readonly entries = new EntriesDigest();
  private readonly files = new Map<string, FilesDigest>();

  /** @param withContents whether the content of files is digested, at about 1.4 GB/s */
  constructor(readonly withContents: boolean) {}

  /** What digests the content of an entry while it passes; undefined when that is not wanted. */
  hashFor(name: string): Hash | undefined {
    return this.isDigested(name) ? createHash('sha256') : undefined;
  }

  /**
   * Adds an entry in its final state.
   * @param name with a trailing slash for directories
   * @param content of a file, or what has digested it
   * @param sha256 of the content, if it is known already
   */
  add(name: string, mode: number, mtimeMs: number, content?: Buffer | Hash, sha256?: Buffer): void {
    this.entries.add(name, mode, mtimeMs);
    if (!content || !this.isDigested(name)) return;
    this.of(directoryOf(name)).add(name, sha256 ?? ('digest' in content ? content.digest() : sha256Of(content)));
  }

  /** @see EntriesDigest */
  entriesDigest(): string {
    return this.entries.digest();
  }

  /** @see FilesDigest */
  filesDigest(directory: string): string | undefined {
    return this.withContents ? this.of(directory).digest() : undefined;
  }

  /** Not the archive's own entries, which have no slash. */
  private isDigested(name: string): boolean {
    return this.withContents && name.includes('/');
  }

  private of(directory: string): FilesDigest {
    const known = this.files.get(directory);
    if (known) return known;
    const digest = new FilesDigest();
    this.files.set(directory, digest);
    return digest;
  }
}

/** Passes content on, through what digests it. */
export async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function directoryOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}
