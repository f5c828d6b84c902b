import type { Readable } from 'node:stream';
import type { ByteSource } from '../support/byte-source.js';

/** An object as a destination holds it. */
export interface StoredObject {
  readonly name: string;
  /** In bytes. */
  readonly bytes: number;
  /** Until when the destination itself refuses to delete it (object lock); absent or null when it does not. */
  readonly lockedUntil?: Date | null;
  /** Why it cannot be opened, though something of this name is there; absent when it can. It ends a sentence. */
  readonly problem?: string;
}

export interface PutOptions {
  /** Ends it at once; nothing of the object stays. */
  readonly signal?: AbortSignal;
}

/**
 * A place for backups. It holds objects by name and knows nothing of what is in them. Names are made of letters, digits,
 * ".", "_" and "-", begin with a letter or a digit and have 200 characters at most; every method refuses any other.
 */
export interface BackupDestination {
  /**
   * Stores a stream. The object is there when this resolves, whole and lasting, and never earlier: a stream that breaks,
   * a signal, a full disk or a killed process leave no object of this name. Reads no further than it writes. An object
   * that is there already is not replaced: that is an error.
   */
  put(name: string, content: Readable, options?: PutOptions): Promise<StoredObject>;
  /** An object, readable at any place until it is closed. An error when it is not there. */
  open(name: string): Promise<ByteSource>;
  /** Every object, in any order; none that is still being written. */
  list(): AsyncIterable<StoredObject>;
  /** Removes an object for good. No error when it is not there; an error when it is locked. */
  delete(name: string): Promise<void>;
  /**
   * Called once at startup, and by every command: throws when backups can neither be stored nor found here, with the
   * remedy in its message.
   * @param option what to call it, for example `destinations.vault`
   */
  check?(option: string): void;
  /** The directory of this machine that holds the objects, if one does; it must not be saved by the backups themselves. */
  readonly directory?: string;
  /**
   * Whether `put` settles by itself when nothing moves any more, as that of `s3Bucket` does. Without this, it is given up
   * when it is not done `remoteTimeout` (an option of BackupModule) after the end of its stream. The other methods are
   * given up after that time in any case.
   */
  readonly hasOwnDeadline?: boolean;
  /** A URL of the place without secrets, if others may be at the same one; a `FileStore` there has one that begins so. */
  readonly location?: string;
}
