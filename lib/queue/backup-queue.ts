import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { BackupProgress } from '../backup/backup-run.js';
import { wrongUsage } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { resolveProvider } from '../host/resolve-provider.js';
import { BackupDispatcher, type BackupRequest } from '../store/backup-dispatcher.js';
import { BackupStore } from '../store/backup-store.js';
import { type BackupJobResult, JOB_NAME, jobOptions } from './backup-job.js';
import { QueueConnection } from './queue-connection.js';
import { QUEUE_OPTIONS, type ResolvedQueueOptions } from './queue-options.js';

/** A backup that was asked for. */
export interface QueuedBackup {
  readonly jobId: string;
  /** `delayed`: it waits for its time, for the database, or for its next attempt. `failed`: no attempt is left. */
  readonly state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed';
  /** Attempts that are over. */
  readonly attempts: number;
  /** How far the last attempt is, or was, to about a second; null before. */
  readonly progress: Pick<BackupProgress, 'phase' | 'rows' | 'files' | 'bytes'> | null;
  /** When it is completed. */
  readonly result: BackupJobResult | null;
  /** Why the last attempt failed. */
  readonly error: string | null;
}

/** Asks for backups, which a worker makes. */
@Injectable()
export class BackupQueue implements OnModuleInit {
  private store!: BackupStore;

  /** @internal */
  constructor(
    private readonly connection: QueueConnection,
    @Inject(QUEUE_OPTIONS) private readonly options: ResolvedQueueOptions,
    private readonly host: HostNest,
  ) {}

  /** @throws BackupError `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.store = resolveProvider(this.host, BackupStore, 'queue');
    const asked = resolveProvider(this.host, BackupDispatcher, 'queue');
    asked.delegateTo(async (backup) => ({ id: (await this.enqueue(backup)).jobId }));
  }

  /**
   * Puts a backup into the queue, and does not wait for it.
   * @param request where to, and who wants it
   * @throws BackupError `WRONG_USAGE` when a destination is not there, `QUEUE_UNAVAILABLE` when Redis does not answer
   */
  async enqueue({ destinations, initiator }: BackupRequest): Promise<{ jobId: string }> {
    if (destinations.length === 0) throw wrongUsage('no destination was named', 'Name one at least.');
    const unknown = destinations.find((name) => !this.store.destinations.includes(name));
    if (unknown !== undefined) {
      const known = `Give one of: ${this.store.destinations.join(', ')}.`;
      throw wrongUsage(`there is no destination "${unknown}"`, known);
    }
    // Chosen here: a command that is sent again, since its answer was lost, is the same job.
    const jobId = randomUUID();
    const { via = 'code', user = null, address = null } = initiator ?? {};
    const data = { destinations: [...destinations], initiator: { via, user, address } };
    await this.connection.ask(() => this.connection.queue.add(JOB_NAME, data, { ...jobOptions(this.options), jobId }));
    return { jobId };
  }

  /**
   * Where a backup is; null when the queue does not know it, or no longer.
   * @throws BackupError `QUEUE_UNAVAILABLE` when Redis does not answer
   */
  async job(jobId: string): Promise<QueuedBackup | null> {
    const { queue } = this.connection;
    // In this order: what is over by its state has its outcome then.
    const state = await this.connection.ask(() => queue.getJobState(jobId));
    const job = await this.connection.ask(() => queue.getJob(jobId));
    if (!job || state === 'unknown') return null;
    const { attemptsMade, progress, returnvalue, failedReason } = job;
    return {
      jobId,
      state: state === 'prioritized' || state === 'waiting-children' ? 'waiting' : state,
      attempts: attemptsMade,
      progress: typeof progress === 'object' ? (progress as QueuedBackup['progress']) : null,
      result: state === 'completed' ? returnvalue : null,
      error: failedReason ?? null,
    };
  }
}
