import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../backup.errors.js';
import { findService } from '../find-service.js';
import { BackupStore } from '../store/backup-store.js';
import { checkDestinations, checkEncryption } from '../store/unattended/check-host.js';
import { type CronTimes, lastMoment } from './last-moment.js';
import { type BackupScheduleOptions, resolveSchedules, type Schedule } from './schedule-options.js';

export const SCHEDULE_OPTIONS = Symbol('nestjs-backup:schedule-options');

/** How the jobs are called in the registry of @nestjs/schedule. */
export function jobName(schedule: string): string {
  return `nestjs-backup:${schedule}`;
}

/** Moments that wait for a backup that takes longer than the schedule leaves it. */
const MOST_WAITING = 10;

/** Makes the backups of schedules when their moments come, and at the start those that were missed. */
@Injectable()
export class ScheduledBackups implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('BackupModule');
  private readonly stop = new AbortController();
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;
  private readonly schedules: Schedule[];
  private store!: BackupStore;
  private registry!: SchedulerRegistry;

  constructor(
    @Inject(SCHEDULE_OPTIONS) private readonly options: BackupScheduleOptions,
    private readonly moduleRef: ModuleRef,
  ) {
    this.schedules = resolveSchedules(options);
  }

  /** @throws BackupError `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.store = findService(this.moduleRef, BackupStore, 'schedule');
    // Not imported by this module: a second one would call every job of the application twice.
    const scheduler = 'ScheduleModule.forRoot() of @nestjs/schedule';
    this.registry = findService(this.moduleRef, SchedulerRegistry, 'schedule', scheduler);
    checkDestinations(this.store, 'schedule', this.schedules);
    checkEncryption(this.store, 'schedule', this.options.allowPlaintext === true);
  }

  onApplicationBootstrap(): void {
    for (const schedule of this.schedules) if (schedule.catchUp) void this.catchUp(schedule);
  }

  /** The jobs are made while the application starts, before or after this is called. */
  private async catchUp(schedule: Schedule): Promise<void> {
    while (!this.registry.doesExist('cron', jobName(schedule.name))) {
      if (this.stop.signal.aborted) return;
      await sleep(20, undefined, { ref: false });
    }
    this.run(schedule);
  }

  /** For the moment that has just come, after those that came before. */
  run(schedule: Schedule): void {
    const { name } = schedule;
    const job = this.registry.getCronJob(jobName(name));
    const moment = lastMoment(job.cronTime as unknown as CronTimes, new Date());
    if (!moment) return;
    if (this.waiting >= MOST_WAITING) {
      this.logger.warn(`Schedule "${name}": no backup of ${moment.toISOString()}, since ${MOST_WAITING} others wait.`);
      return;
    }
    this.waiting++;
    this.last = this.last.then(() => this.runNow(schedule, moment.toISOString())).finally(() => this.waiting--);
  }

  /** Before the database's connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort(new Error('The application is closing.'));
    await this.last;
  }

  private async runNow({ name, destinations, prune }: Schedule, moment: string): Promise<void> {
    const { signal } = this.stop;
    if (signal.aborted) return;
    try {
      const report = await this.store.storeOnce({ schedule: name, moment }, { destinations, signal });
      if (!report) return;
      this.logger.log(`Schedule "${name}": backup ${report.id} of ${moment} is stored: ${report.result}.`);
      const initiator = { via: 'schedule', user: name } as const;
      if (prune) for (const destination of destinations) await this.store.prune(destination, { initiator });
    } catch (error) {
      if (!signal.aborted) this.logger.error(`Schedule "${name}" made no backup of ${moment}: ${explain(error)}`);
    }
  }
}
