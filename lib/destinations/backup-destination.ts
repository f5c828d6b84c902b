import type { Readable } from 'node:stream';
import type { ByteSource } from '../support/byte-source.js';

/** An object as a destination holds it. */
export interface StoredObject {
  readonly name: string;
  /** In bytes. */
  readonly bytes: number;
  /** Until when the destination itself refuses to delete it (object lock); absent or null when it does not. */
  readonly lockedUntil?: Date | null;
  /** Why it cannot be opened, although something with this name exists; absent when it can. Used to end a sentence. */
  readonly problem?: string;
}

/** Bytes that take the place of the beginning of an object. */
export interface Replacement {
  readonly bytes: Buffer;
  /** How many bytes of the object they replace. */
  readonly instead: number;
}

/** An object with another beginning. */
export interface RewrittenObject extends StoredObject {
  /** What the destination still has of its former content, and why, for people; absent when nothing is left of it. */
  readonly remains?: string;
}

export interface PutOptions {
  /** Ends the upload immediately; nothing of the object remains. */
  readonly signal?: AbortSignal;
}

/**
 * A place for backups. It holds objects by name and knows nothing of their content. Names consist of letters, digits,
 * ".", "_" and "-", start with a letter or a digit and have at most 200 characters; every method rejects any other.
 */
export interface BackupDestination {
  /**
   * Stores a stream. The object exists when this resolves, complete and durable, and never earlier: a stream that
   * fails, an aborted signal, a full disk or a killed process leave no object with this name. Reads no further than it
   * writes. An existing object is not replaced: that is an error.
   */
  put(name: string, content: Readable, options?: PutOptions): Promise<StoredObject>;
  /** Opens an object for random access until it is closed. Fails if it does not exist. */
  open(name: string): Promise<ByteSource>;
  /** Every object, in any order, except those still being written. */
  list(): AsyncIterable<StoredObject>;
  /** Deletes an object permanently. Not an error if it does not exist; an error if it is locked. */
  delete(name: string): Promise<void>;
  /**
   * Gives an existing object another beginning, without moving the rest through this process where the place can copy
   * by itself. The object is replaced at once, when this resolves; until then, and after a failure, it is what it was.
   * An object that somebody else has changed since `change` was called is not replaced: that is an error. Optional:
   * without it, archives here cannot be re-wrapped.
   * @param change reads what it needs of the object, and says what takes its place
   */
  rewrite?(
    name: string,
    change: (object: ByteSource) => Promise<Replacement>,
    options?: PutOptions,
  ): Promise<RewrittenObject>;
  /**
   * Called once at startup and by every command. Throws if backups can neither be stored nor found here; the message
   * includes the remedy.
   * @param option the name to use for it, for example `destinations.vault`
   */
  check?(option: string): void;
  /** The directory of this machine that holds the objects, if one does; the backups themselves must not include it. */
  readonly directory?: string;
  /**
   * Whether `put` and `rewrite` settle by themselves when nothing moves any more, as those of `s3Bucket` do. Otherwise
   * `put` is given up if it has not finished `remoteTimeout` (an option of BackupModule) after the end of its stream,
   * and `rewrite` after that time. So are the other methods in any case.
   */
  readonly hasOwnDeadline?: boolean;
  /**
   * A URL of the place without secrets, if others may use the same one; the location of a `FileStore` there starts with
   * it.
   */
  readonly location?: string;
}
