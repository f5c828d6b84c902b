import { Logger } from '@nestjs/common';
import type { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { BackupError } from '../errors/backup-error.js';
import { restoreCutOff } from '../errors/online-restore-errors.js';
import { type SharedMaintenance, stateIn } from '../maintenance/shared-maintenance.js';
import type { RecoveryService } from '../recovery/recovery.service.js';
import type { ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';
import { forgetWitnesses } from './online-restore-run.js';
import { errorText, isOpen, KeptState, type RestoreState, stateOf } from './restore-state.js';

/** Between attempts, in milliseconds. */
const PAUSE_MS = 5_000;

/** Finds out how the restore of a process ended that is gone. */
export class InterruptedRestores {
  private readonly logger = new Logger(InterruptedRestores.name);
  private isFirst = true;
  private pauseUntil = 0;

  constructor(
    private readonly databases: DatabaseService,
    private readonly recovery: RecoveryService,
    private readonly maintenance: SharedMaintenance,
    private readonly records: ReplicaRecords,
  ) {}

  /**
   * Asked when a record says that a restore is running. The lock is asked for once at the start, and then when nothing is
   * heard of its process.
   */
  async take(records: readonly ReplicaRecord[]): Promise<void> {
    const { isFirst } = this;
    this.isFirst = false;
    if (performance.now() < this.pauseUntil || (!isFirst && stateIn(records))) return;
    this.pauseUntil = performance.now() + PAUSE_MS;
    let lock: DatabaseLock;
    try {
      lock = await this.recovery.lock();
    } catch (error) {
      if (error instanceof BackupError && error.code === 'LOCKED') return; // It is alive, or somebody else restores.
      throw error;
    }
    try {
      await this.settle();
    } finally {
      await lock.release();
    }
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
    await this.maintenance.end();
    await forgetWitnesses(this.databases, [state.witness, state.rollback]);
  }

  /** Only the database knows: what was committed has left its witness. */
  private async resultOf({ witness, rollback }: RestoreState): Promise<RestoreState['result']> {
    const { restores } = this.databases;
    if (rollback !== null && (await restores.wasCommitted(rollback))) return 'rolled-back';
    return (await restores.wasCommitted(witness)) ? 'unchecked' : 'unchanged';
  }
}
