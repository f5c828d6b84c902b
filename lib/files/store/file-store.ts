import type { Readable } from 'node:stream';

/** A file as listed by a store. */
export interface ListedFile {
  /**
   * Path below the store's own location, with "/" as the separator. An empty file whose path ends in "/" marks an empty
   * folder.
   */
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
  /**
   * Changes whenever the content changes, e.g. an ETag. Without it, `bytes` and `modified` have to show every change.
   */
  readonly version?: string;
}

/** A file opened for reading. */
export interface FileContent {
  /** Number of bytes that `content` yields: the size of the file as opened, whatever a listing said before. */
  readonly size: number;
  readonly modified: Date;
  /**
   * The complete content, in one state. Fails if the file is changed or deleted while it is read. Destroyed by the
   * caller when it is not needed.
   */
  readonly content: Readable;
}

/** Further attributes of a file being stored. A store keeps what it can. */
export interface FileAttributes {
  readonly modified: Date;
  /** Unix permission bits. */
  readonly mode: number;
  /** Final path; the file is put under a temporary path first. */
  readonly path: string;
}

/**
 * A place other than a local directory where the application keeps files. Names are flat, and nothing can be renamed. A
 * change made by one method must be visible to all methods immediately, in every process. Error messages must not
 * contain secrets.
 */
export interface FileStore {
  /**
   * Names the place in messages, as a URL without secrets. Two stores share files only if the location of one starts
   * with that of the other.
   */
  readonly location: string;
  /**
   * Lists the files whose paths start with `below` (default: all files), each once, ordered by the UTF-8 bytes of their
   * paths.
   */
  list(below?: string): AsyncIterable<ListedFile>;
  /** Opens a file. Fails with an error whose code is `ENOENT` if the file does not exist. */
  open(path: string): Promise<FileContent>;
  /**
   * Stores a file, replacing an existing one. When this resolves, the file is complete and durable. If the stream fails
   * or the process is killed, there is either no file or the previous one.
   */
  put(path: string, content: Buffer | Readable, attributes: FileAttributes): Promise<void>;
  /**
   * Copies an existing file, replacing the target. Fails with an error whose code is `ENOENT` if the source does not
   * exist.
   */
  copy(from: string, to: string): Promise<void>;
  /** Deletes a file. Not an error if it does not exist. */
  delete(path: string): Promise<void>;
  /**
   * Whether `put`, `copy` and the content from `open` fail by themselves when nothing moves any more, as those of
   * `s3Prefix` do. Otherwise they are given up after `remoteTimeout` (an option of BackupModule) without progress. The
   * other methods are given up after that time in any case.
   */
  readonly hasOwnDeadline?: boolean;
  /**
   * Called once at startup. Throws if the store cannot work as configured; the message includes the remedy.
   * @param option the name to use for it, for example `dataDirs.pictures`
   */
  check?(option: string): void;
}
