import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit, type Type } from '@nestjs/common';
import { type Initiator, NOBODY } from '../audit/audit-events.js';
import { Identities } from '../crypto/age/identities.js';
import { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { explain } from '../errors/explain.js';
import { cannotUndo } from '../errors/online-restore-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { MaintenanceGate } from '../maintenance/maintenance-gate.js';
import type { MaintenanceState } from '../maintenance/maintenance-state.js';
import { SharedMaintenance } from '../maintenance/shared-maintenance.js';
import { applicationName } from '../options/host-version.js';
import { REFUSES_WHEN_USED } from '../options/options.provider.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { RecoveryService } from '../recovery/recovery.service.js';
import { type ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';
import { RestoreService } from '../restore/restore.service.js';
import { BackupStore } from '../store/backup-store.js';
import type { StoredReference } from '../store/open-stored.js';
import { StoredArchives } from '../store/stored-archives.js';
import { InterruptedRestores } from './interrupted-restores.js';
import type { OnlineRestorePlan, OnlineRestoreState } from './online-answers.js';
import { type AskedRestore, OnlineRestoreRun, type RunTools } from './online-restore-run.js';
import { makePlan } from './plan.js';
import { type Opening, RestorePoints } from './restore-points.js';
import { isOpen, KeptState, type RestoreState, stateOf } from './restore-state.js';

/** Restores stored backups into the running application. */
@Injectable()
export class OnlineRestore implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(OnlineRestore.name);
  private running:
    | { readonly run: OnlineRestoreRun; readonly over: Promise<void>; readonly stop: AbortController }
    | undefined;
  private readonly closing = new AbortController();
  private tools!: RunTools;
  private interrupted!: InterruptedRestores;

  constructor(
    private readonly host: HostNest,
    private readonly gate: MaintenanceGate,
    private readonly shared: SharedMaintenance,
    private readonly records: ReplicaRecords,
  ) {}

  /** @throws BackupError `INVALID_OPTIONS`: the application does not start */
  onModuleInit(): void {
    const options = this.get<ResolvedBackupOptions>(BACKUP_OPTIONS);
    if (this.get<boolean>(REFUSES_WHEN_USED) === false) refuseUnsuited(options);
    const databases = this.get(DatabaseService);
    const recovery = this.get(RecoveryService);
    this.tools = {
      databases,
      recovery,
      maintenance: this.shared,
      restores: this.get(RestoreService),
      points: new RestorePoints(options, this.get(BackupStore), this.get(StoredArchives)),
      gate: this.gate,
      dataDirs: options.dataDirs,
      healthCheck: options.healthCheck,
    };
    this.interrupted = new InterruptedRestores(this.tools, this.records, this.closing.signal);
    this.shared.watch((looked) => this.look(looked));
  }

  /** What has to be typed to confirm a restore. */
  get confirmName(): string {
    return applicationName();
  }

  /** Null when the application serves everybody. */
  get maintenance(): MaintenanceState | null {
    return this.shared.state;
  }

  /** The last restore of this application, by whichever process; null when there was none. */
  async last(): Promise<OnlineRestoreState | null> {
    const state = this.running?.run.kept.current ?? stateOf(await this.records.all());
    if (!state) return null;
    const { witness: _, rollback: __, ...shown } = state;
    return { ...shown, canUndo: (await this.whyNoUndo(state)) === null };
  }

  /** Whether it is the last restore, or the one that this has undone: those before are not kept. */
  async knows(id: string): Promise<boolean> {
    const last = await this.last();
    return last?.id === id || last?.undoes === id;
  }

  /**
   * What a restore would do; nothing is locked or changed.
   * @throws BackupError as `RestoreService.restore`; `RESTORE_REFUSED` when the restore point could not be opened
   */
  async plan(
    reference: StoredReference,
    initiator: Partial<Initiator>,
    given: OpeningText = {},
  ): Promise<OnlineRestorePlan> {
    const { points, restores } = this.tools;
    const opening = openingOf(given);
    const point = points.destinationFor(reference.destination);
    const report = await restores.plan(reference, { initiator, ...opening });
    await points.openingFor(opening);
    return makePlan(report, { point, confirm: this.confirmName });
  }

  /**
   * Begins a restore that replaces everything. Resolves when the lock is held and the archive can be opened; the rest is
   * in `last()`.
   * @throws BackupError `LOCKED`, `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `INVALID_IDENTITY`, `RESTORE_REFUSED`,
   *   `DESTINATION_FAILED`, `WRONG_USAGE`, `DATABASE_UNAVAILABLE`
   */
  async start(
    reference: StoredReference,
    initiator: Partial<Initiator>,
    given: OpeningText = {},
  ): Promise<{ readonly id: string }> {
    return this.begin(reference, { ...NOBODY, ...initiator }, openingOf(given), null);
  }

  /**
   * Restores what the last restore has replaced, in the same way.
   * @throws BackupError as `start`; `RESTORE_REFUSED` when this is not the last restore, or it has no restore point
   */
  async undo(id: string, initiator: Partial<Initiator>, given: OpeningText = {}): Promise<{ readonly id: string }> {
    const last = stateOf(await this.records.all());
    if (last?.id !== id) throw cannotUndo('it is not the last one');
    const why = await this.whyNoUndo(last);
    if (why !== null) throw cannotUndo(why);
    return this.begin(last.point!, { ...NOBODY, ...initiator }, openingOf(given), id);
  }

  /** Ends the restore of this process, if it is still undecided. @returns whether it is there */
  cancel(id: string): boolean {
    if (this.running?.run.kept.current.id !== id) return false;
    this.running.stop.abort(new Error('It was cancelled.'));
    return true;
  }

  /** Before the database's connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.closing.abort(new Error('The application is closing.'));
    await Promise.all([this.running?.over, this.interrupted.over]);
  }

  private async begin(reference: StoredReference, initiator: Initiator, opening: Opening, undoes: string | null) {
    const { points, restores } = this.tools;
    const pointDestination = points.destinationFor(reference.destination);
    const backup = await restores.check(reference, opening);
    const pointOpening = await points.openingFor(opening);
    // One that says that it is over still has to give the lock back.
    if (this.running && !isOpen(this.running.run.kept.current)) await this.running.over;
    const lock = await this.tools.recovery.lock();
    try {
      await this.interrupted.settle();
      const kept = new KeptState(this.records, newState(reference.destination, backup, undoes, initiator));
      await kept.update({});
      this.work(kept, lock, { initiator, opening, pointDestination, pointOpening });
      return { id: kept.current.id };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private work(kept: KeptState, lock: DatabaseLock, asked: AskedRestore): void {
    const stop = new AbortController();
    const { signal: closing } = this.closing;
    const either = AbortSignal.any([stop.signal, closing]);
    const run = new OnlineRestoreRun(this.tools, kept, lock, asked, either, closing);
    const over = run.run().finally(() => {
      this.running = undefined;
    });
    this.running = { run, over, stop };
  }

  /** Null when it can be undone. */
  private async whyNoUndo({ result, point }: RestoreState): Promise<string | null> {
    if (result !== 'restored' && result !== 'unchecked') return 'it has replaced nothing, or has ended where it began';
    if (!point) return 'it has no restore point';
    return (await this.tools.points.isKept(point)) ? null : 'its restore point no longer exists';
  }

  private get<Service>(token: Type<Service> | symbol): Service {
    return this.host.moduleRef.get<Service>(token as Type<Service>, { strict: false });
  }

  /** After a process that is gone: the first time at the start, then when it is missed. */
  private async look(records: readonly ReplicaRecord[]): Promise<void> {
    const state = stateOf(records);
    if (!state || this.running) return;
    if (state.result === 'unchecked') this.interrupted.check(state);
    if (!isOpen(state)) return;
    await this.interrupted.take(records).catch((error: unknown) => {
      this.logger.warn(`How restore ${state.id} ended is not known yet: ${explain(error)}`);
    });
  }
}

/** The content of an identity file, for an archive and a restore point that the application cannot open by itself. */
interface OpeningText {
  readonly identity?: string;
}

/** @throws BackupError `INVALID_IDENTITY` */
function openingOf({ identity }: OpeningText): Opening {
  return identity === undefined ? {} : { identity: Identities.parse(identity) };
}

/** @throws BackupError `INVALID_OPTIONS` */
function refuseUnsuited({ destinations, transformRow, trustedSigners, signingKey }: ResolvedBackupOptions): void {
  if (destinations.size === 0) {
    throw invalidOption('restoreOverHttp', 'there is no destination to restore from', 'Set the option destinations.');
  }
  if (trustedSigners && !signingKey) {
    const problem = 'restore points would not be signed, and trustedSigners would refuse them';
    throw invalidOption(
      'restoreOverHttp',
      problem,
      'Set signingKey beside trustedSigners, or leave one of the two out.',
    );
  }
  if (!transformRow) return;
  const problem = 'transformRow changes the rows of every backup, and those of a restore point must not be changed';
  throw invalidOption('restoreOverHttp', problem, 'Leave one of the two out.');
}

function newState(destination: string, backup: string, undoes: string | null, { user }: Initiator): RestoreState {
  return {
    id: randomUUID(),
    undoes,
    destination,
    backup,
    phase: 'maintenance',
    result: null,
    startedAt: new Date().toISOString(),
    finishedAt: null,
    point: null,
    error: null,
    user,
    witness: randomUUID(),
    rollback: null,
  };
}
