import type { Amounts } from './audit-events.js';

/** The progress of a backup, a restore or a verification. */
export interface RunProgress {
  /**
   * `plan`: the rows are read to see whether another engine can take them. `comparison`: what was restored is read again.
   */
  readonly phase: 'plan' | 'database' | 'files' | 'comparison';
  /** The current table, data directory or entry. */
  readonly name: string;
  /** Rows so far, in all tables. */
  readonly rows: number;
  /** Files so far, in all directories. */
  readonly files: number;
  readonly bytes: number;
  /** What `rows`, `files` and `bytes` will be at the end; null while that is not known. For a backup these are estimates. */
  readonly total: Amounts | null;
  /** What a progress bar shows. */
  readonly work: Work;
}

/** In bytes read: what is read twice, for example to be compared, counts twice. */
export interface Work {
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
}
