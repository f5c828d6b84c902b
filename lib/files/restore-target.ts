/** What an archive records about an entry besides its content. */
export interface StagedAttributes {
  /** Unix permission bits. Set-user-id is dropped; set-group-id and sticky are kept for directories only. */
  readonly mode: number;
  readonly modified: Date;
  /** The same in milliseconds, with a fraction down to the microsecond. */
  readonly mtimeMs?: number;
}

/**
 * Where one restore's files go: all of them or none, even when the process is killed. To be used under the backup lock,
 * in the order of the methods; `abandon` is possible until `swap`.
 */
export interface RestoreTarget {
  /** What was kept of the application's own files: the paths where it is now. */
  readonly kept: { readonly paths: readonly string[] };
  /** What could not be restored exactly as the archive has it. */
  readonly warnings: readonly string[];

  /** Removes what an earlier restore has left, and checks in advance what can be checked. */
  prepare(): Promise<void>;
  addFile(name: string, relative: string, content: AsyncIterable<Buffer>, attributes: StagedAttributes): Promise<void>;
  /** Called for each directory of the archive before anything below it; older archives list empty directories only. */
  addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void>;
  /** The last step before the database commits: everything is durably staged, and a journal says so. */
  seal(): Promise<void>;
  /** The database has committed: puts the new files in place. */
  swap(): Promise<void>;
  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, last of all but the journals; without those it would never be looked for
   */
  discardOld(forget: () => Promise<void>): Promise<void>;
  /** Removes what is staged, once the database has said that it did not commit, or before it was asked to. */
  abandon(): Promise<void>;
}
