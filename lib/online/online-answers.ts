import type { RefusalReason } from '../audit/audit-events.js';
import type { BackupErrorCode } from '../errors/backup-error-code.js';

/*
 * What the page is told of restores. Nothing but types, and none that a browser does not have.
 */

/** A backup in a destination. */
export interface PointReference {
  readonly destination: string;
  readonly id: string;
}

export interface ErrorText {
  readonly code: BackupErrorCode | RefusalReason | 'INTERNAL';
  readonly message: string;
}

/** A restore of the running application, or an undo of one, as the page shows it. */
export interface OnlineRestoreState {
  readonly id: string;
  /** The restore that it takes back; null for an ordinary one. */
  readonly undoes: string | null;
  readonly destination: string;
  readonly backup: string;
  readonly phase: 'maintenance' | 'point' | 'restore' | 'check' | 'rollback' | 'done';
  /**
   * `restored`: the backup's state is there, and the check passed. `rolled-back`: the check failed, and the state before is
   * back. `unchanged`: it failed, and the state before was never left. `unchecked`: the backup's state is there, but nothing
   * says that it is healthy, and where the error is `UNHEALTHY`, it was not. `unknown`: the next start finishes or undoes it. Null while it runs.
   */
  readonly result: 'restored' | 'rolled-back' | 'unchanged' | 'unchecked' | 'unknown' | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** The restore point, as long as there is one. */
  readonly point: PointReference | null;
  /** Whether the restore point can be restored. */
  readonly canUndo: boolean;
  readonly error: ErrorText | null;
  readonly user: string | null;
}

/** What a restore would do. */
export interface OnlineRestorePlan {
  readonly backup: { readonly id: string; readonly createdAt: string; readonly appVersion: string };
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number; readonly replaces: number }>;
  readonly files: ReadonlyArray<{
    readonly name: string;
    readonly count: number;
    readonly bytes: number;
    readonly replaces: { readonly count: number; readonly bytes: number };
  }>;
  readonly migrations: { readonly reverted: readonly string[]; readonly run: readonly string[] };
  readonly warnings: readonly string[];
  /** False when the backup lacks a file that should have been in it. */
  readonly complete: boolean;
  /** The destination that receives the restore point. */
  readonly point: string;
  /** What has to be typed to confirm. */
  readonly confirm: string;
}
