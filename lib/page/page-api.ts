import type { RunKind } from '../audit/audit-events.js';
import type { MaintenanceState } from '../maintenance/maintenance-state.js';
import type { ErrorText, OnlineRestoreState } from '../online/online-answers.js';

export type { ErrorText, OnlineRestorePlan, OnlineRestoreState } from '../online/online-answers.js';
export type { MaintenanceState };

/**
 * What the page and its routes exchange, as JSON. Times are ISO 8601 in UTC. The browser's part is compiled against this
 * file.
 */

/** `GET P/status`, and the data of the event `status`. */
export interface StatusAnswer {
  /** The application's name, which confirms a restore. */
  readonly application: string;
  /** The newest good backup; null when none is known. */
  readonly lastBackup: GoodBackup | null;
  /** When a backup last passed a restore test; null when none is known. */
  readonly lastRestoreTest: string | null;
  /** What is due next, soonest first. */
  readonly nextRuns: readonly NextRun[];
  /** Runs of all processes of the application. */
  readonly running: readonly RunningRun[];
  readonly destinations: readonly DestinationState[];
  /** Null when the application serves everybody. */
  readonly maintenance: MaintenanceState | null;
  /** The last restore from the page; null when there was none. */
  readonly lastRestore: OnlineRestoreState | null;
  readonly features: PageFeatures;
}

export interface GoodBackup {
  readonly finishedAt: string;
  readonly seconds: number;
  readonly rows: number;
  readonly files: number;
}

export interface NextRun {
  readonly name: string;
  readonly kind: 'backup' | 'restore-test';
  readonly at: string;
  readonly destinations: readonly string[];
}

export interface RunningRun {
  readonly id: string;
  /** `test`: a restore test. */
  readonly kind: RunKind | 'test';
  /** As in `RunProgress`; `start` before anything was read. For a restore from the page, the steps around it as well. */
  readonly phase:
    | 'start'
    | 'plan'
    | 'database'
    | 'files'
    | 'comparison'
    | 'maintenance'
    | 'point'
    | 'check'
    | 'rollback';
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** What `rows`, `files` and `bytes` will be; null while that is not known. Estimated for a backup. */
  readonly total: { readonly rows: number; readonly files: number; readonly bytes: number } | null;
  /** What a progress bar shows, in bytes read. */
  readonly work: { readonly done: number; readonly total: number | null };
  readonly startedAt: string;
  readonly user: string | null;
  readonly via: 'http' | 'cli' | 'schedule' | 'code';
  /** Whether `DELETE P/runs/:id` ends it. */
  readonly cancellable: boolean;
}

export interface DestinationState {
  readonly name: string;
  readonly readable: boolean;
  readonly lastBackup: GoodBackup | null;
  /** Size of the newest good archive, as stored. */
  readonly bytes: number;
  /** Whether one of the newest good backup's keys is configured, as in `StoredBackup`. */
  readonly keyConfigured: boolean | null;
  readonly lastRestoreTest: string | null;
  /** When a later one was recorded that does not count, because nothing trusted vouches for it; null without one. */
  readonly uncountedRestoreTest: string | null;
}

export interface PageFeatures {
  /** Whether the routes of restores answer. */
  readonly restore: boolean;
  /** Whether archives can be uploaded. */
  readonly upload: boolean;
  /** Whether backups without a key of their own are encrypted. */
  readonly encrypts: boolean;
  /** Whether the application needs an identity to open the backups that it makes. */
  readonly needsIdentity: boolean;
}

/** `GET P/backups?destination=&before=&limit=`: newest first. */
export interface BackupsAnswer {
  readonly items: readonly StoredBackupItem[];
  /** The value of `before` for the next ones; null when there are none. */
  readonly next: string | null;
  /** Destinations that could not be listed. */
  readonly unreadable: readonly string[];
}

export interface StoredBackupItem {
  readonly destination: string;
  readonly id: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly encrypted: boolean;
  /** Size of the archive, as stored. */
  readonly bytes: number;
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Who vouches for it, as in `StoredBackup`. */
  readonly origin: 'own' | 'other' | 'foreign' | 'unsealed' | 'unsigned' | 'unknown' | 'uploaded';
  readonly problem: string | null;
  readonly rows: number | null;
  readonly files: number | null;
  readonly testedAt: string | null;
  readonly lockedUntil: string | null;
  /** From the summary that is stored beside it; null when that is missing. */
  readonly appVersion: string | null;
  readonly tables: number | null;
  /** True when its rows were changed by the option `transformRow`. */
  readonly redacted: boolean;
  /** The schedule that it was made for; null when there was none. */
  readonly schedule: string | null;
  /** Key ids of the AES key or the recipients that it is encrypted with; empty where they are not known. */
  readonly keyIds: readonly string[];
  /** Whether one of them is configured, as in `StoredBackup`. */
  readonly keyConfigured: boolean | null;
}

/** `GET P/backups/:destination/:id`: what is in a backup, from its own manifest. */
export interface BackupContentAnswer {
  readonly id: string;
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly appVersion: string;
  readonly database: { readonly type: string; readonly version: string };
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  readonly files: ReadonlyArray<{ readonly name: string; readonly count: number; readonly bytes: number }>;
  readonly skipped: ReadonlyArray<{ readonly path: string; readonly reason: string }>;
  readonly warnings: readonly string[];
  readonly complete: boolean;
  /** Fingerprint of the key that signed it, and whether it is a trusted one (null: none are named); null if it is not signed. */
  readonly signature: { readonly signer: string; readonly trusted: boolean | null } | null;
}

/** `GET P/uploads`: those of the user that have not expired, newest first. */
export interface UploadsAnswer {
  readonly items: readonly UploadAnswer[];
}

/** `POST P/uploads`, and `GET P/uploads/:destination/:id`. */
export interface UploadAnswer {
  readonly id: string;
  readonly destination: string;
  /** For `HEAD`, `PATCH` and `DELETE` of the tus protocol. */
  readonly url: string;
  /** Of the file, as its user has named it. */
  readonly filename: string;
  /** Of the complete archive, in bytes. */
  readonly size: number;
  /** When that file was last changed, in milliseconds since 1970; null when nobody said. */
  readonly lastModified: number | null;
  /** Bytes that have arrived. */
  readonly offset: number;
  /** How many bytes to send at once. */
  readonly pieceBytes: number;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** `received`: it is complete and waits to be checked. `refused`: nothing of it is kept. */
  readonly state: 'receiving' | 'received' | 'checking' | 'stored' | 'refused';
  /** The id of the stored backup; null before it is `stored`. */
  readonly backup: string | null;
  /** Why it was refused or, for `received`, why the last check failed; another one may succeed. */
  readonly error: ErrorText | null;
}

/** The data of the event `run`: a run has started or ended. */
export interface RunEvent {
  readonly id: string;
  readonly kind: RunningRun['kind'];
  readonly state: 'started' | 'success' | 'incomplete' | 'failed' | 'aborted' | 'refused';
  readonly error: ErrorText | null;
}

/** The body of every error. */
export interface ErrorAnswer {
  readonly statusCode: number;
  readonly error: string;
  readonly code: string;
  readonly message: string | readonly string[];
}
