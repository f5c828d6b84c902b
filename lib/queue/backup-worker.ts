import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DelayedError, UnrecoverableError, Worker } from 'bullmq';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { wrongUsage } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { resolveProvider } from '../host/resolve-provider.js';
import { checkDestinations, checkEncryption, checkPruning } from '../scheduling/preflight.js';
import { BackupStore } from '../store/backup-store.js';
import { ScheduledRuns } from '../store/scheduled-runs.js';
import { withDeadline } from '../support/deadline.js';
import { visible } from '../support/visible-text.js';
import {
  type BackupJob,
  type BackupJobData,
  type BackupJobResult,
  FOR_LATER,
  JOB_NAME,
  runOf,
  waitOf,
} from './backup-job.js';
import { checkJob } from './check-job.js';
import { JobProgress } from './job-progress.js';
import { QueueConnection } from './queue-connection.js';
import { QUEUE_OPTIONS, type ResolvedQueueOptions } from './queue-options.js';

/** A backup that outlives so many workers is more likely what ends them. */
const MOST_TAKE_OVERS = 1_000;
const AGAIN_MS = 1_000;
const CLOSE_TIMEOUT_MS = 20_000;

/** Takes jobs out of the queue, one at a time, and makes their backups. */
@Injectable()
export class BackupWorker implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(BackupWorker.name);
  private readonly stop = new AbortController();
  private worker: Worker<BackupJobData, BackupJobResult> | undefined;
  private store!: BackupStore;
  private runs!: ScheduledRuns;

  constructor(
    private readonly connection: QueueConnection,
    @Inject(QUEUE_OPTIONS) private readonly options: ResolvedQueueOptions,
    private readonly host: HostNest,
  ) {}

  /** @throws BackupError `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.store = resolveProvider(this.host, BackupStore, 'queue');
    this.runs = resolveProvider(this.host, ScheduledRuns, 'queue');
    checkDestinations(this.store, 'queue', this.options.schedules ?? []);
    if (!this.options.worker) return;
    checkEncryption(this.store, 'queue', this.options.allowPlaintext);
    checkPruning(this.store, 'queue', this.options.schedules ?? []);
  }

  onApplicationBootstrap(): void {
    if (!this.options.worker) return;
    const { connection, prefix, queue, takeOver } = this.options;
    this.worker = new Worker(queue, (job, token) => this.run(job, token), {
      connection,
      prefix,
      concurrency: 1,
      lockDuration: takeOver,
      stalledInterval: takeOver / 2,
      maxStalledCount: MOST_TAKE_OVERS,
      runRetryDelay: AGAIN_MS,
    });
    this.worker.on('error', this.connection.failed);
    this.worker.on('stalled', (id) =>
      this.logger.warn(`Job ${visible(id)}: its worker is gone, and another one takes it.`),
    );
  }

  /** Before the database's connections are closed. What is begun is put back for others. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort(new Error('The application is closing.'));
    if (this.worker) {
      // Without Redis there is nobody to give a job back to; others take it when they miss its worker.
      const force = !(await this.connection.answers());
      await withDeadline(CLOSE_TIMEOUT_MS, this.worker.close(force), () => new Error('no answer')).catch(() => {});
    }
    await this.connection.close();
  }

  private async run(job: BackupJob, token: string | undefined): Promise<BackupJobResult> {
    const { signal } = this.stop;
    try {
      if (job.name !== JOB_NAME) throw wrongUsage('the queue has jobs of others', 'Give it another name.');
      checkJob(job.data);
      return await this.make(job, signal);
    } catch (error) {
      const code = error instanceof BackupError ? error.code : 'INTERNAL';
      if (signal.aborted || (code !== 'INTERNAL' && FOR_LATER.includes(code))) {
        await job.moveToDelayed(Date.now() + (signal.aborted ? 0 : waitOf(job)), token);
        throw new DelayedError();
      }
      this.logger.error(
        `Job ${job.id}, attempt ${job.attemptsMade + 1} of ${job.opts.attempts}, failed: ${explain(error)}`,
      );
      // Redis keeps it, so nothing but the library's own sentences, which hold no secret.
      const told = error instanceof BackupError ? error.message : 'See the log of the worker.';
      throw code === 'WRONG_USAGE' ? new UnrecoverableError(told) : new Error(told);
    }
  }

  private async make(job: BackupJob, signal: AbortSignal): Promise<BackupJobResult> {
    const { destinations, initiator, prune } = job.data;
    const run = runOf(job);
    const progress = new JobProgress(job);
    const stored = await this.runs.storeMissing(run, {
      destinations,
      initiator,
      signal,
      onProgress: progress.report,
    });
    await progress.last();
    const where = stored.map(({ destination, backup }) => `${backup} in "${destination}"`).join(', ');
    this.logger.log(`Job ${job.id}: the backup of ${run.scheduledAt} is stored: ${where}.`);
    // What keeps a destination from being pruned is in the log, and no reason to make the backup again.
    if (prune) for (const name of destinations) await this.store.prune(name, { initiator }).catch(() => {});
    return { destinations: stored };
  }
}
