import type { Amounts } from './audit-events.js';

/** How far a backup, a restore or a verification is. */
export interface RunProgress {
  /**
   * `plan`: the rows are read to see whether another engine can take them. `comparison`: what was restored is read again.
   */
  readonly phase: 'plan' | 'database' | 'files' | 'comparison';
  /** The table, data directory or entry that is being worked on. */
  readonly name: string;
  /** Rows so far, in all tables. */
  readonly rows: number;
  /** Files so far, in all directories. */
  readonly files: number;
  readonly bytes: number;
  /** What `rows`, `files` and `bytes` will be in the end; null while that is not known. Of a backup they are estimates. */
  readonly total: Amounts | null;
  /** What a progress bar shows. */
  readonly work: Work;
}

/** In bytes that are read: what is read twice, to be compared say, counts twice. */
export interface Work {
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
}
