import type { Readable } from 'node:stream';

/** A file as a store lists it. */
export interface StoredFile {
  /** Below the store's own place, its parts parted by "/". One that ends in "/" and is empty marks an empty folder. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
  /** Another one whenever the content is another one, an ETag for example; without it `bytes` and `modified` must tell. */
  readonly version?: string;
}

/** A file that is being read. */
export interface StoredContent {
  /** Of what `content` gives, in bytes: of the file as it was opened, whatever a list has said before. */
  readonly size: number;
  readonly modified: Date;
  /** One state of the file, to its end. Fails when it is changed or deleted meanwhile. Destroyed when it is not needed. */
  readonly content: Readable;
}

/** What else is known of a file that is put. A store keeps what it can. */
export interface FileAttributes {
  readonly modified: Date;
  /** Unix permission bits. */
  readonly mode: number;
  /** What it will be called: it is put beside its place first. */
  readonly path: string;
}

/**
 * A place other than a local directory where the application keeps files: flat names, nothing can be renamed. What one
 * method has changed, all of them see at once, in every process. Messages of errors hold no secrets.
 */
export interface FileStore {
  /** Names the place in messages, as a URL without secrets. Two stores never hold the same file unless one begins so. */
  readonly location: string;
  /** The files whose paths begin with `below`, each once, in the order of their paths' bytes in UTF-8. Default: all. */
  list(below?: string): AsyncIterable<StoredFile>;
  /** Opens a file. An error with the code `ENOENT` when it is not there. */
  open(path: string): Promise<StoredContent>;
  /**
   * Stores a file, in the place of one that is there. It is there, whole and lasting, when this resolves; when the stream
   * breaks, or the process is killed, there is none, or the one before.
   */
  put(path: string, content: Buffer | Readable, attributes: FileAttributes): Promise<void>;
  /** The same in the place of another file, from a file that is there. An error with the code `ENOENT` when it is not. */
  copy(from: string, to: string): Promise<void>;
  /** No error when it is not there. */
  delete(path: string): Promise<void>;
  /**
   * Whether `put`, `copy` and what `open` gives fail by themselves when nothing moves any more, as those of `s3Prefix` do.
   * Without this, they are given up after `remoteTimeout` (an option of BackupModule) without progress. The other methods
   * are given up after that time in any case.
   */
  readonly hasOwnDeadline?: boolean;
  /**
   * Called once at startup: throws when the store cannot work as it is configured, with the remedy in its message.
   * @param option what to call it, for example `dataDirs.pictures`
   */
  check?(option: string): void;
}
