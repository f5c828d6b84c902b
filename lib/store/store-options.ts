import type { Initiator } from '../audit/audit-events.js';
import { CREATE_OPTIONS, type CreateBackupOptions } from '../backup/backup.js';
import type { CallOptions } from '../options/call-options.js';
import type { PruneProgress } from './prune.js';
import type { StoreReport } from './store-archive.js';
import type { ScheduledRun } from './stored-manifest.js';

export interface StoreBackupOptions extends CreateBackupOptions {
  /** Names of destinations, as in the option `destinations`; at least one. */
  readonly destinations: readonly string[];
  /**
   * The scheduled run for which it is made.
   * @internal
   */
  readonly scheduled?: ScheduledRun;
}

/** @internal */
export const STORE_OPTIONS: CallOptions<StoreBackupOptions> = {
  ...CREATE_OPTIONS,
  destinations: 'value',
  scheduled: 'unnamed',
};

export interface PruneOptions {
  /** Called after every backup that was examined, and after every one that was deleted; must not throw. */
  readonly onProgress?: (progress: PruneProgress) => void;
  /** Decides, but deletes nothing. Default: false. */
  readonly dryRun?: boolean;
  /** Who requested it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
}

/** Options of a backup made for a scheduled run. */
export type StoreMissingOptions = Pick<StoreBackupOptions, 'destinations' | 'initiator' | 'onProgress'> & {
  readonly signal: AbortSignal;
};

/** A backup being stored in its destinations. */
export interface StoringBackup {
  readonly id: string;
  /** Rejects when no destination has it. */
  readonly done: Promise<StoreReport>;
}
