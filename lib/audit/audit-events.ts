import type { BackupErrorCode } from '../errors/backup-error-code.js';

/** Who began it. */
export interface Initiator {
  readonly via: 'http' | 'cli' | 'schedule' | 'code';
  /** As the option `identifyUser` names them, the operating system's user on the command line, a schedule's name; null when unknown. */
  readonly user: string | null;
  /** The client's network address; null when there is none. */
  readonly address: string | null;
}

/** The initiator of what happens by itself, or in code that says nothing of it. */
export const NOBODY: Initiator = { via: 'code', user: null, address: null };

/** Why a request, or a run, was turned away. */
export type RefusalReason =
  | 'DISABLED'
  | 'NOT_LOGGED_IN'
  | 'NOT_SYSTEM_USER'
  | 'NOT_JSON'
  | 'KEY_MISSING'
  | 'TOO_MANY_WRONG_KEYS'
  | 'WRONG_KEY'
  | 'INVALID_BODY'
  /** Something of the host: one of its guards, pipes or functions. */
  | 'HOST'
  /** Another backup or restore is running. */
  | 'LOCKED'
  /** The target of a restore does not fit, or is not empty. */
  | 'RESTORE_REFUSED';

/** What is begun and ended. */
export type RunKind = 'backup' | 'restore' | 'verify';

/** What every event has. */
export interface BaseEvent<Name extends string> extends Initiator {
  readonly event: Name;
  readonly at: Date;
}

/** How much was read of a backup, or restored of one, when the event happened. */
export interface Amounts {
  readonly rows: number;
  readonly files: number;
  /** Uncompressed: of a backup the lines of rows and the files' content, of a restore the files' content. */
  readonly bytes: number;
}

/** A request has passed all checks. With `check` nothing else follows, otherwise one of the others does. */
export interface BackupAllowedEvent extends BaseEvent<'backup.allowed'> {
  readonly check: boolean;
}

/** Turned away; of a run the last event. */
export interface RefusedEvent<Kind extends 'backup' | 'restore'> extends BaseEvent<`${Kind}.refused`> {
  readonly reason: RefusalReason;
  /** The answer's status over HTTP; null when none was sent, or elsewhere. */
  readonly status: number | null;
}

/** It has the lock, or the archive that is verified is open, and it begins. */
export interface StartedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.started`> {
  /** Of the backup, or of this restore or verification. */
  readonly id: string;
  readonly encrypted: boolean;
  /** Of a restore that is only tried. */
  readonly dryRun: boolean;
}

/** The last byte was handed out or stored, the restore has taken effect, or every byte was read and is accounted for. */
export interface FinishedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.finished`>, Amounts {
  readonly id: string;
  /** The backup that was made, restored or verified. */
  readonly backup: string;
  /** `incomplete`: the backup lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete';
  readonly encrypted: boolean;
  readonly dryRun: boolean;
  readonly milliseconds: number;
  /** Of a backup that was stored: how it went at each destination. */
  readonly destinations?: readonly DestinationResult[];
  /** Of a backup whose rows `transformRow` changed; absent otherwise. */
  readonly redacted?: true;
  /** Of a verification that restored the backup beside the application; absent otherwise. */
  readonly restoreTest?: true;
}

/** How it went at one destination. */
export interface DestinationResult {
  readonly destination: string;
  /** `incomplete`: what was stored lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete' | 'failed';
}

/** It broke, also before it could begin. Nothing counts, unless the code says otherwise (`MIGRATION_FAILED`). */
export interface FailedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.failed`>, Amounts {
  readonly id: string;
  readonly result: 'failed';
  readonly code: BackupErrorCode | 'INTERNAL';
  /** Says what to do; never holds keys or values of rows. */
  readonly message: string;
  readonly milliseconds: number;
}

/** It was ended before it was done: the client left or stalled, or the host gave it up. */
export interface AbortedEvent<Kind extends RunKind> extends BaseEvent<`${Kind}.aborted`>, Amounts {
  readonly id: string;
  readonly result: 'failed';
  readonly code: 'ABORTED' | 'IDLE';
  readonly message: string;
  readonly milliseconds: number;
}

/** The last good backup is older than it should be, or there is none. Once, until there is a newer one. */
export interface BackupMissingEvent extends BaseEvent<'backup.missing'> {
  /** When the last good backup was finished; null when nothing is known of one. */
  readonly lastBackup: Date | null;
  /** Days after which a backup is missed. */
  readonly days: number;
}

/** At its start the host has finished, or undone, a restore that was cut off. */
export interface RestoreRecoveredEvent extends BaseEvent<'restore.recovered'> {
  readonly id: string;
  readonly outcome: 'finished' | 'undone';
}

/** How a destination was thinned out. */
export interface PruneEvent<Name extends string> extends BaseEvent<Name> {
  /** Of this run. */
  readonly id: string;
  readonly destination: string;
  /** Ids of the backups that are gone. */
  readonly deleted: readonly string[];
  /** Bytes of their archives. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** A destination has been pruned. */
export interface PruneFinishedEvent extends PruneEvent<'prune.finished'> {
  readonly result: 'success';
}

/** A destination could not be listed, or did not delete all that it should. */
export interface PruneFailedEvent extends PruneEvent<'prune.failed'> {
  readonly result: 'failed';
  readonly code: BackupErrorCode | 'INTERNAL';
  readonly message: string;
}

/** Every event by its name: what listeners of @nestjs/event-emitter get. */
export interface BackupEvents {
  'backup.allowed': BackupAllowedEvent;
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
