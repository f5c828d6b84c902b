import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { BackupError } from '../errors/backup-error.js';
import { invalidOptionOf } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { resolveProvider } from '../host/resolve-provider.js';
import { VerificationService } from '../restore/verification.service.js';
import { checkDestinations, checkEncryption, checkPruning, checkRestoreTests } from '../scheduling/preflight.js';
import { invalidCron } from '../scheduling/schedule-entry.js';
import { type UpcomingRun, UpcomingRuns } from '../scheduling/upcoming-runs.js';
import { BackupStore } from '../store/backup-store.js';
import { ScheduledRuns } from '../store/scheduled-runs.js';
import { CRON_SAMPLE, type CronJob, type CronSample, classOf } from './cron-sample.js';
import { previousRun } from './previous-run.js';
import { type BackupScheduleOptions, resolveSchedules, type Schedule } from './schedule-options.js';
import { ScheduledWork } from './scheduled-work.js';
import { TaskQueue } from './task-queue.js';

export const SCHEDULE_OPTIONS = Symbol('nestjs-backup:schedule-options');

/** How the jobs are called in the registry of @nestjs/schedule. */
export function jobName({ kind, name }: Schedule): string {
  return `nestjs-backup:${kind === 'restore-test' ? 'restore-test:' : ''}${name}`;
}

/** Runs that may wait when backups take longer than the schedule leaves them. */
const MOST_WAITING = 10;

/** Makes the backups and the restore tests of schedules when they are due, and at the start those that were missed. */
@Injectable()
export class ScheduledBackups implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ScheduledBackups.name);
  private readonly stop = new AbortController();
  /** A backup does not wait for a restore test. */
  private readonly lines = { backup: new TaskQueue(MOST_WAITING), 'restore-test': new TaskQueue(MOST_WAITING) };
  private readonly schedules: readonly Schedule[];
  private readonly allowPlaintext: boolean;
  private work!: ScheduledWork;
  private registry!: SchedulerRegistry;

  constructor(
    @Inject(SCHEDULE_OPTIONS) options: BackupScheduleOptions,
    @Inject(CRON_SAMPLE) private readonly sample: CronSample,
    private readonly host: HostNest,
  ) {
    ({ schedules: this.schedules, allowPlaintext: this.allowPlaintext } = resolveSchedules(options));
  }

  /** @throws BackupError `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    const store = resolveProvider(this.host, BackupStore, 'schedule');
    const runs = resolveProvider(this.host, ScheduledRuns, 'schedule');
    const verifications = resolveProvider(this.host, VerificationService, 'schedule');
    this.work = new ScheduledWork(store, runs, verifications, this.stop.signal);
    // Not imported by this module: a second one would call every job of the application twice.
    const scheduler = 'ScheduleModule.forRoot() of @nestjs/schedule';
    this.registry = resolveProvider(this.host, SchedulerRegistry, 'schedule', scheduler);
    checkDestinations(store, 'schedule', this.schedules);
    checkPruning(store, 'schedule', this.schedules);
    const tests = this.schedules.filter(({ kind }) => kind === 'restore-test').length;
    checkRestoreTests(store, 'schedule', tests);
    const storesPlaintext = this.allowPlaintext || tests === this.schedules.length;
    checkEncryption(store, 'schedule', storesPlaintext);
  }

  /**
   * The sample's job is there by then: global modules, such as that of @nestjs/schedule, come first.
   * @throws BackupError `INVALID_OPTIONS`: the host refuses to start
   */
  onApplicationBootstrap(): void {
    if (!this.registry.doesExist('cron', this.sample.job)) throw noCronJobs();
    const sample = this.registry.getCronJob(this.sample.job);
    this.registry.deleteCronJob(this.sample.job);
    const jobs = this.schedules.map((schedule) => this.createJob(schedule, sample));
    for (const job of jobs) job.start();
    resolveProvider(this.host, UpcomingRuns, 'schedule').announce(() => this.upcoming());
    for (const schedule of this.schedules) if (schedule.catchUp) this.run(schedule);
  }

  /** For the run that is due now, after those that were due before. */
  run(schedule: Schedule): void {
    const { kind, name } = schedule;
    const job = this.registry.getCronJob(jobName(schedule));
    const scheduledAt = previousRun((job as CronJob).cronTime, new Date());
    if (!scheduledAt || this.lines[kind].add(() => this.work.run(schedule, scheduledAt))) return;
    this.logger.warn(
      `Schedule "${name}": no ${kind} of ${scheduledAt.toISOString()}, since ${MOST_WAITING} others wait.`,
    );
  }

  private upcoming(): UpcomingRun[] {
    return this.schedules.map((schedule) => {
      const { name, kind, destinations } = schedule;
      const job = this.registry.getCronJob(jobName(schedule)) as unknown as CronJob;
      return {
        name,
        kind,
        destinations,
        at: job.cronTime.getNextDateFrom(new Date(), schedule.timeZone).toJSDate(),
      };
    });
  }

  /** Before the database's connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort(new Error('The application is closing.'));
    await Promise.all([this.lines.backup.settled(), this.lines['restore-test'].settled()]);
  }

  /** @param sample another job, of the class that this one is to have */
  private createJob(schedule: Schedule, sample: object): CronJob {
    const { cron: cronTime, timeZone, option } = schedule;
    const name = jobName(schedule);
    let job: CronJob;
    try {
      job = classOf(sample).from({ cronTime, timeZone, onTick: () => this.run(schedule), start: false });
      job.cronTime.getNextDateFrom(new Date(), timeZone);
    } catch (cause) {
      throw invalidCron('schedule', option, cronTime, cause);
    }
    if (this.registry.doesExist('cron', name)) {
      const remedy = 'Give each one another name, in all modules that have schedules.';
      throw invalidOptionOf('schedule', `${option}.name`, `"${schedule.name}" is there twice`, remedy);
    }
    this.registry.addCronJob(name, job as never);
    return job;
  }
}

function noCronJobs(): BackupError {
  const problem = '@nestjs/schedule makes no cron jobs, so there would be no backups';
  const remedy =
    'Leave cronJobs: false out of ScheduleModule.forRoot(), or leave BackupScheduleModule out of this process.';
  return invalidOptionOf('schedule', 'schedules', problem, remedy);
}
