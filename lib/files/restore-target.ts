/** What an archive says of an entry beside its content. */
export interface StagedAttributes {
  /** Unix permission bits. Set-user-id is dropped, set-group-id and sticky are kept of directories only. */
  readonly mode: number;
  readonly modified: Date;
  /** The same in milliseconds, with a fraction that goes down to the microsecond. */
  readonly mtimeMs?: number;
}

/**
 * Where one restore's files go: all of them or none, also when the process is killed. To be used under the backup lock,
 * in the order of the methods; `abandon` until `swap`.
 */
export interface RestoreTarget {
  /** What of the application's own was kept aside, or beside: where it is now. */
  readonly kept: { readonly paths: readonly string[] };
  /** What of the archive could not be kept as it should be. */
  readonly warnings: readonly string[];

  /** Clears what an earlier restore has left, and tries what can be tried. */
  prepare(): Promise<void>;
  addFile(name: string, relative: string, content: AsyncIterable<Buffer>, attributes: StagedAttributes): Promise<void>;
  /** Called for each directory of the archive, before whatever lies below it; older archives list empty ones only. */
  addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void>;
  /** The last step before the database commits: all of it is there for good, and a journal says so. */
  seal(): Promise<void>;
  /** The database has committed: puts the new files in place. */
  swap(): Promise<void>;
  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, the last thing but for the journals; without them nobody would look for it
   */
  discardOld(forget: () => Promise<void>): Promise<void>;
  /** Removes what is staged; once the database has said that it did not commit, or before it was asked to. */
  abandon(): Promise<void>;
}
