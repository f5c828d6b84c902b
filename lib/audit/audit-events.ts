import type { BackupErrorCode } from '../errors/backup-error-code.js';

/** Who started it. */
export interface Initiator {
  readonly via: 'http' | 'cli' | 'schedule' | 'code';
  /** What the option `identifyUser` returns; on the command line the system's user, for a schedule its name; null when unknown. */
  readonly user: string | null;
  /** The client's network address; null when there is none. */
  readonly address: string | null;
}

/** The initiator of what happens by itself, or from code that names none. */
export const NOBODY: Initiator = { via: 'code', user: null, address: null };

/** Why a request or a run was refused. */
export type RefusalReason =
  | 'DISABLED'
  | 'NOT_LOGGED_IN'
  | 'NOT_SYSTEM_USER'
  | 'NOT_JSON'
  | 'KEY_MISSING'
  | 'TOO_MANY_WRONG_KEYS'
  | 'WRONG_KEY'
  | 'INVALID_BODY'
  /** Something of the application: one of its guards, pipes or functions. */
  | 'HOST'
  /** Another backup or restore is running. */
  | 'LOCKED'
  /** The target of a restore does not match the archive, or is not empty. */
  | 'RESTORE_REFUSED';

/** The kinds of runs, each of which starts and ends. */
export type RunKind = 'backup' | 'restore' | 'verify';

/** What every event has. */
export interface BaseEvent<Name extends string> extends Initiator {
  readonly event: Name;
  readonly at: Date;
}

/** How much was backed up, restored or read at the time of the event. */
export interface Amounts {
  readonly rows: number;
  readonly files: number;
  /** Uncompressed. For a backup, the lines of rows and the content of files; for a restore, the content of files. */
  readonly bytes: number;
}

/** A request has passed all checks. With `check` no other event follows, otherwise one does. */
export interface BackupAllowedEvent extends BaseEvent<'backup.allowed'> {
  readonly check: boolean;
}

/** A system user was given a link to download a stored backup. */
export interface BackupLinkedEvent extends BaseEvent<'backup.linked'> {
  /** The stored backup. */
  readonly backup: string;
  readonly destination: string;
  readonly expiresAt: Date;
}

/** An archive that a system user has uploaded is stored as a backup. */
export interface BackupUploadedEvent extends BaseEvent<'backup.uploaded'> {
  /** The stored backup. */
  readonly backup: string;
  readonly destination: string;
  /** Size of the archive. */
  readonly bytes: number;
  /** False when it could not be opened without its key, so that only its form was checked. */
  readonly verified: boolean;
}

/** Refused; the last event of a run. */
export interface RefusedEvent<Kind extends 'backup' | 'restore'> extends BaseEvent<`${Kind}.refused`> {
  readonly reason: RefusalReason;
  /** The HTTP status of the answer; null if none was sent, or not over HTTP. */
  readonly status: number | null;
}

/** The run holds the lock, or has opened the archive to verify, and starts. */
export interface StartedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.started`> {
  /** Id of the backup, or of this restore or verification. */
  readonly id: string;
  readonly encrypted: boolean;
  /** True for dry runs. */
  readonly dryRun: boolean;
}

/** The last byte was delivered or stored, the restore has taken effect, or every byte was read and is accounted for. */
export interface FinishedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.finished`>, Amounts {
  readonly id: string;
  /** The backup that was made, restored or verified. */
  readonly backup: string;
  /** `incomplete`: the backup lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete';
  readonly encrypted: boolean;
  readonly dryRun: boolean;
  readonly milliseconds: number;
  /** For a stored backup: the result at each destination. */
  readonly destinations?: readonly DestinationResult[];
  /** Only for a backup whose rows went through `transformRow`; absent otherwise. */
  readonly redacted?: true;
  /** Only for a verification that was a restore test; absent otherwise. */
  readonly restoreTest?: true;
}

/** The result at one destination. */
export interface DestinationResult {
  readonly destination: string;
  /** `incomplete`: what was stored lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete' | 'failed';
}

/** The run failed, possibly before it started. It has no effect, unless the code says otherwise (`MIGRATION_FAILED`). */
export interface FailedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.failed`>, Amounts {
  readonly id: string;
  readonly result: 'failed';
  readonly code: BackupErrorCode | 'INTERNAL';
  /** Says what to do; never contains keys or row values. */
  readonly message: string;
  readonly milliseconds: number;
}

/** The run was ended early: the client left or stalled, or the application aborted it. */
export interface AbortedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.aborted`>, Amounts {
  readonly id: string;
  readonly result: 'failed';
  readonly code: 'ABORTED' | 'IDLE';
  readonly message: string;
  readonly milliseconds: number;
}

/** The last good backup is too old, or there is none. Emitted once, until there is a newer one. */
export interface BackupMissingEvent extends BaseEvent<'backup.missing'> {
  /** When the last good backup finished; null when none is known. */
  readonly lastBackup: Date | null;
  /** The number of days after which a backup counts as missing. */
  readonly days: number;
}

/** A restore that was interrupted has been finished or undone. */
export interface RestoreRecoveredEvent extends BaseEvent<'restore.recovered'> {
  readonly id: string;
  readonly outcome: 'finished' | 'undone';
}

/** A destination was pruned, or could not be. */
export interface PruneEvent<Name extends string> extends BaseEvent<Name> {
  /** Id of this run. */
  readonly id: string;
  readonly destination: string;
  /** Ids of the deleted backups. */
  readonly deleted: readonly string[];
  /** Size of their archives, in bytes. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** A destination has been pruned. */
export interface PruneFinishedEvent extends PruneEvent<'prune.finished'> {
  readonly result: 'success';
}

/** A destination could not be listed, or did not delete everything that it should. */
export interface PruneFailedEvent extends PruneEvent<'prune.failed'> {
  readonly result: 'failed';
  readonly code: BackupErrorCode | 'INTERNAL';
  readonly message: string;
}

/** Every event by its name, as listeners of @nestjs/event-emitter receive them. */
export interface BackupEvents {
  'backup.allowed': BackupAllowedEvent;
  'backup.linked': BackupLinkedEvent;
  'backup.uploaded': BackupUploadedEvent;
  'backup.refused': RefusedEvent<'backup'>;
  'backup.started': StartedEvent<'backup'>;
  'backup.finished': FinishedEvent<'backup'>;
  'backup.failed': FailedEvent<'backup'>;
  'backup.aborted': AbortedEvent<'backup'>;
  'backup.missing': BackupMissingEvent;
  'restore.refused': RefusedEvent<'restore'>;
  'restore.started': StartedEvent<'restore'>;
  'restore.finished': FinishedEvent<'restore'>;
  'restore.failed': FailedEvent<'restore'>;
  'restore.aborted': AbortedEvent<'restore'>;
  'restore.recovered': RestoreRecoveredEvent;
  'verify.started': StartedEvent<'verify'>;
  'verify.finished': FinishedEvent<'verify'>;
  'verify.failed': FailedEvent<'verify'>;
  'verify.aborted': AbortedEvent<'verify'>;
  'prune.finished': PruneFinishedEvent;
  'prune.failed': PruneFailedEvent;
}

export type BackupEventName = keyof BackupEvents;
export type BackupEvent = BackupEvents[BackupEventName];
