import { BackupError } from '../errors/backup-error.js';
import { messageOverHttp } from '../errors/over-http.js';
import type { AuditService } from './audit.service.js';
import { type Amounts, type DestinationResult, type Initiator, NOBODY, type RunKind } from './audit-events.js';
import type { RunProgress } from './run-progress.js';
import type { LiveRun } from './running-runs.js';

/** What is known of a run before it starts. */
export interface RunDetails {
  readonly id: string;
  readonly encrypted: boolean;
  readonly dryRun?: boolean;
  readonly redacted?: boolean;
  readonly restoreTest?: boolean;
}

/** How a run ended. */
export interface RunEnd {
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Why it failed. */
  readonly error: unknown;
}

/** The events of one run: at most one start, and exactly one end. */
export class AuditedRun implements LiveRun {
  private readonly begun = performance.now();
  private readonly stop = new AbortController();
  readonly initiator: Initiator;
  readonly startedAt = new Date();
  /** Resolves after the event of its end. */
  readonly ended: Promise<RunEnd>;
  private end!: (end: RunEnd) => void;
  private latest: Amounts | RunProgress = { rows: 0, files: 0, bytes: 0 };
  private isOver = false;

  constructor(
    private readonly audit: AuditService,
    readonly kind: RunKind,
    private run: RunDetails,
    initiator: Partial<Initiator> = {},
  ) {
    this.initiator = { ...NOBODY, ...initiator };
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  get id(): string {
    return this.run.id;
  }

  get isRestoreTest(): boolean {
    return this.run.restoreTest === true;
  }

  get state(): Amounts | RunProgress {
    return this.latest;
  }

  /** Aborts when somebody else than the caller ends the run. */
  get cancelled(): AbortSignal {
    return this.stop.signal;
  }

  cancel(): void {
    this.stop.abort(new Error('It was cancelled.'));
  }

  /** The caller's signal, and that of `cancel`. */
  until(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.cancelled]) : this.cancelled;
  }

  get encrypted(): boolean {
    return this.run.encrypted;
  }

  /** For an archive of which this is known only once it is open. */
  opened(encrypted: boolean): void {
    this.run = { ...this.run, encrypted };
  }

  started(): void {
    const { id, encrypted, dryRun = false } = this.run;
    // Nobody has to watch what changes nothing, or could take its end for that of a restore.
    if (!dryRun) this.audit.running.add(this);
    this.audit.record(`${this.kind}.started`, this.initiator, { id, encrypted, dryRun });
  }

  progress(latest: Amounts | RunProgress): void {
    this.latest = latest;
  }

  finished(backup: string, complete: boolean, destinations?: readonly DestinationResult[]): void {
    if (this.over()) return;
    const { id, encrypted, dryRun = false, redacted, restoreTest } = this.run;
    const details = { id, backup, result: complete ? ('success' as const) : ('incomplete' as const) };
    this.audit.record(`${this.kind}.finished`, this.initiator, {
      ...details,
      ...this.soFar(),
      encrypted,
      dryRun,
      ...(destinations && { destinations }),
      ...(redacted && { redacted }),
      ...(restoreTest && { restoreTest }),
    });
    const isLacking = destinations?.some((one) => one.result === 'failed');
    this.end({ result: isLacking ? 'failed' : details.result, error: undefined });
  }

  /** Refused, aborted or failed, depending on the error. */
  broken(error: unknown): void {
    if (this.over()) return;
    const { code, message } = this.textOf(error);
    const ending = { id: this.run.id, result: 'failed' as const, message, ...this.soFar() };
    if (this.kind !== 'verify' && (code === 'LOCKED' || code === 'RESTORE_REFUSED')) {
      this.audit.record(`${this.kind}.refused`, this.initiator, { reason: code, status: null });
    } else if (code === 'ABORTED' || code === 'IDLE') {
      this.audit.record(`${this.kind}.aborted`, this.initiator, { ...ending, code });
    } else {
      this.audit.record(`${this.kind}.failed`, this.initiator, { ...ending, code });
    }
    this.end({ result: 'failed', error });
  }

  /** The page shows how it ended to those who began it there. */
  private textOf(error: unknown): Pick<BackupError, 'code' | 'message'> | { code: 'INTERNAL'; message: string } {
    if (!(error instanceof BackupError)) return { code: 'INTERNAL', message: 'See the log.' };
    return this.initiator.via === 'http' ? { code: error.code, message: messageOverHttp(error) } : error;
  }

  private over(): boolean {
    const wasOver = this.isOver;
    this.isOver = true;
    this.audit.running.remove(this);
    return wasOver;
  }

  private soFar(): Amounts & { milliseconds: number } {
    const { rows, files, bytes } = this.latest;
    return { rows, files, bytes, milliseconds: Math.round(performance.now() - this.begun) };
  }
}
