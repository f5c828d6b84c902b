import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Initiator } from '../audit/audit-events.js';
import type { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { explain } from '../errors/explain.js';
import type { DataDirectory } from '../files/data-directory.js';
import type { MaintenanceGate } from '../maintenance/maintenance-gate.js';
import { ALL_KNOW_MS, type SharedMaintenance } from '../maintenance/shared-maintenance.js';
import type { RecoveryService } from '../recovery/recovery.service.js';
import type { RestoreService } from '../restore/restore.service.js';
import { removeOwnTable } from '../restore/take-effect.js';
import { checkHealth } from './health-check.js';
import type { Opening, RestorePoints } from './restore-points.js';
import { errorText, type KeptState, type RestoreState } from './restore-state.js';

/** How long requests that are being answered are waited for, in milliseconds. */
const DRAIN_MS = 10_000;
/** Nobody else writes by then, so a failure is somebody's long transaction, or the network. */
const ROLLBACK_ATTEMPTS = 3;
const AGAIN_MS = 1_000;

/** What a run works with. */
export interface RunTools {
  readonly databases: DatabaseService;
  readonly recovery: RecoveryService;
  readonly restores: RestoreService;
  readonly points: RestorePoints;
  readonly maintenance: SharedMaintenance;
  readonly gate: MaintenanceGate;
  readonly dataDirs: readonly DataDirectory[];
  /** The application's own; null for the usual one. */
  readonly healthCheck: (() => Promise<boolean>) | null;
}

export interface AskedRestore {
  readonly initiator: Initiator;
  /** Of the archive. */
  readonly opening: Opening;
  /** Where the restore point is put. */
  readonly pointDestination: string;
  /** Of the restore point. */
  readonly pointOpening: Opening;
}

type Result = NonNullable<RestoreState['result']>;

/** One restore of the running application, under the backup lock: maintenance, point, restore, check, else the way back. */
export class OnlineRestoreRun {
  private readonly logger = new Logger(OnlineRestoreRun.name);

  /**
   * @param signal ends it, without effect, until the commit
   * @param closing ends the check, too
   */
  constructor(
    private readonly tools: RunTools,
    readonly kept: KeptState,
    private lock: DatabaseLock,
    private readonly asked: AskedRestore,
    private readonly signal: AbortSignal,
    private readonly closing: AbortSignal,
  ) {}

  /** Never rejects; the lock is released in the end. */
  async run(): Promise<void> {
    const { id } = this.kept.current;
    try {
      const { result, error } = await this.work();
      await this.settle(result, error);
    } catch (error) {
      this.logger.error(`Restore ${id}: ${explain(error)}`);
      await this.settle('unknown', error).catch(() => {});
    } finally {
      await this.lock.release();
    }
  }

  private async work(): Promise<{ readonly result: Result; readonly error?: unknown }> {
    const { id, witness } = this.kept.current;
    try {
      await this.replace();
    } catch (error) {
      this.logger.error(`Restore ${id}: ${explain(error)}`);
      const isThere = await this.hasTakenEffect(witness);
      if (isThere === undefined) return { result: 'unknown', error };
      return isThere ? this.rollBack(error) : { result: 'unchanged', error };
    }
    try {
      await this.kept.update({ phase: 'check' });
      await checkHealth(this.tools.healthCheck, this.tools.databases, this.closing);
      return { result: 'restored' };
    } catch (error) {
      this.logger.error(`Restore ${id}: ${explain(error)}`);
      return this.closing.aborted ? { result: 'unchecked', error } : this.rollBack(error);
    }
  }

  private async replace(): Promise<void> {
    const { maintenance, gate, restores, points } = this.tools;
    const { signal, kept } = this;
    const { initiator, pointDestination, opening } = this.asked;
    const { id, destination, backup, witness } = kept.current;
    await maintenance.begin(id);
    await Promise.all([gate.drained(DRAIN_MS), pause(ALL_KNOW_MS, signal)]);
    await restores.restoreHeld(
      { destination, id: backup },
      {
        ...opening,
        replace: true,
        under: this.lock,
        id,
        witness,
        signal,
        initiator,
        beforeReplacing: async (held) => {
          await kept.update({ phase: 'point' });
          const point = await points.make(pointDestination, held, { initiator, signal });
          await kept.update({ phase: 'restore', point });
        },
      },
    );
  }

  /** Undefined when the database cannot say. A restore that was interrupted is finished or undone first. */
  private async hasTakenEffect(witness: string): Promise<boolean | undefined> {
    const { recovery, databases } = this.tools;
    try {
      await this.keepLock();
      await recovery.lock(undefined, this.lock);
      return await databases.restores.wasCommitted(witness);
    } catch (error) {
      this.logger.error(`Whether restore ${witness} has taken effect is not known: ${explain(error)}`);
      return undefined;
    }
  }

  /** Nothing ends it but the end of the process. */
  private async rollBack(problem: unknown): Promise<{ readonly result: Result; readonly error: unknown }> {
    const { point, id } = this.kept.current;
    if (!point) return { result: 'unchecked', error: problem };
    const { restores } = this.tools;
    const rollback = randomUUID();
    // The reason first: the next start tells it if this process ends.
    await this.kept.update({ phase: 'rollback', rollback, error: errorText(problem) });
    for (let attempt = 1; attempt <= ROLLBACK_ATTEMPTS; attempt++) {
      try {
        await this.keepLock();
        const { lock: under } = this;
        const { initiator, pointOpening } = this.asked;
        const options = { ...pointOpening, replace: true, isFinal: true, under, witness: rollback, initiator };
        await restores.restoreHeld(point, options);
        return { result: 'rolled-back', error: problem };
      } catch (error) {
        this.logger.error(`Restore ${id} could not be rolled back: ${explain(error)}`);
        const isBack = await this.hasTakenEffect(rollback);
        if (isBack) return { result: 'rolled-back', error: problem };
        if (isBack === undefined) return { result: 'unknown', error: problem };
      }
      await pause(AGAIN_MS);
    }
    return { result: 'unchecked', error: problem };
  }

  /** Takes the lock again if its connection was lost. @throws BackupError `LOCKED` when somebody else was faster */
  private async keepLock(): Promise<void> {
    if (this.lock.lost.aborted) this.lock = await this.tools.recovery.lock();
  }

  private async settle(result: Result, error: unknown): Promise<void> {
    const { databases, maintenance, dataDirs } = this.tools;
    const { id, witness, rollback } = this.kept.current;
    const finishedAt = new Date().toISOString();
    await this.kept.update({ phase: 'done', result, finishedAt, error: error === undefined ? null : errorText(error) });
    this.logger.log(`Restore ${id} has ended: ${result}.`);
    await maintenance.end();
    if (result === 'unknown') return;
    await forgetWitnesses(databases, [witness, rollback]);
    await removeOwnTable(databases, dataDirs);
  }
}

/** Until then, or until the signal is aborted, which the next step notices. */
async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** What the record says from then on, the database no longer has to. One that stays does no harm. */
export async function forgetWitnesses(databases: DatabaseService, ids: ReadonlyArray<string | null>): Promise<void> {
  for (const id of ids) if (id !== null) await databases.restores.forget(id).catch(() => {});
}
