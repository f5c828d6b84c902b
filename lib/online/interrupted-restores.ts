import { Logger } from '@nestjs/common';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { restoreCutOff } from '../errors/online-restore-errors.js';
import { stateIn } from '../maintenance/shared-maintenance.js';
import type { ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';
import { checkHealth } from './health-check.js';
import { forgetWitnesses, type RunTools } from './online-restore-run.js';
import { errorText, isOpen, KeptState, type RestoreState, stateOf } from './restore-state.js';

/** Between attempts, in milliseconds. */
const PAUSE_MS = 5_000;

/** Finds out how a restore ended, where the process that ran it could not. */
export class InterruptedRestores {
  private readonly logger = new Logger(InterruptedRestores.name);
  private isFirst = true;
  private pauseUntil = 0;
  /** The restore that this process has checked. */
  private checked: string | undefined;
  private checking: Promise<void> = Promise.resolve();

  constructor(
    private readonly tools: Pick<RunTools, 'databases' | 'recovery' | 'maintenance' | 'healthCheck'>,
    private readonly records: ReplicaRecords,
    private readonly closing: AbortSignal,
  ) {}

  /** Resolves when nothing is being checked. */
  get over(): Promise<void> {
    return this.checking;
  }

  /**
   * Asked when a record says that a restore is running. The lock is asked for once at the start, and then when nothing is
   * heard of its process.
   */
  async take(records: readonly ReplicaRecord[]): Promise<void> {
    const { isFirst } = this;
    this.isFirst = false;
    if (performance.now() < this.pauseUntil || (!isFirst && stateIn(records))) return;
    this.pauseUntil = performance.now() + PAUSE_MS;
    await this.underLock(() => this.settle()); // Without the lock it is alive, or somebody else restores.
  }

  /**
   * Checks the application once in each process after a restore that nobody has checked, or that could not be rolled back.
   * Nothing is rolled back any more: since then, others may have written. In the background, since a check takes its time.
   */
  check(state: RestoreState): void {
    if (this.checked === state.id || performance.now() < this.pauseUntil) return;
    this.checked = state.id;
    this.checking = this.findOut(state.id).catch((error: unknown) => {
      this.logger.warn(`Whether the application is healthy after restore ${state.id} is not known: ${explain(error)}`);
    });
  }

  private async findOut(id: string): Promise<void> {
    const { healthCheck, databases } = this.tools;
    const problem = await checkHealth(healthCheck, databases, this.closing).then(
      () => null,
      (error: unknown) => error,
    );
    if (this.closing.aborted) return;
    if (problem !== null) this.logger.error(`Restore ${id}: ${explain(problem)}`);
    const isWritten = await this.underLock(async () => {
      const state = stateOf(await this.records.all());
      if (state?.id !== id || state.result !== 'unchecked') return;
      const kept = new KeptState(this.records, state);
      await kept.update(problem === null ? { result: 'restored', error: null } : { error: errorText(problem) });
    });
    if (isWritten) return;
    this.pauseUntil = performance.now() + PAUSE_MS;
    this.checked = undefined;
  }

  /** @returns false when somebody else has the lock, and nothing was done */
  private async underLock(work: () => Promise<void>): Promise<boolean> {
    let lock: DatabaseLock;
    try {
      lock = await this.tools.recovery.lock();
    } catch (error) {
      if (error instanceof BackupError && error.code === 'LOCKED') return false;
      throw error;
    }
    try {
      await work();
    } finally {
      await lock.release();
    }
    return true;
  }

  /** Only for the holder of the backup lock, who knows that nobody else restores, and that what was interrupted is finished or undone. */
  async settle(): Promise<void> {
    const state = stateOf(await this.records.all());
    if (!state || !isOpen(state)) return;
    const result = await this.resultOf(state);
    const error = state.error ?? errorText(restoreCutOff());
    const finishedAt = new Date().toISOString();
    await new KeptState(this.records, state).update({ phase: 'done', result, finishedAt, error });
    this.logger.warn(`Restore ${state.id} was interrupted; it has ended: ${result}.`);
    await this.tools.maintenance.end();
    await forgetWitnesses(this.tools.databases, [state.witness, state.rollback]);
  }

  /** Only the database knows: what was committed has left its witness. */
  private async resultOf({ witness, rollback }: RestoreState): Promise<RestoreState['result']> {
    const { restores } = this.tools.databases;
    if (rollback !== null && (await restores.wasCommitted(rollback))) return 'rolled-back';
    return (await restores.wasCommitted(witness)) ? 'unchecked' : 'unchanged';
  }
}
