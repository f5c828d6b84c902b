import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type BackupJobData, JOB_NAME, jobOptions } from './backup-job.js';
import { QueueConnection } from './queue-connection.js';
import { QUEUE_OPTIONS, type QueueSchedule, type ResolvedQueueOptions } from './queue-options.js';

const PREFIX = 'nestjs-backup-';
const AGAIN_MS = 1_000;

/** Brings the schedules of the options into Redis, which makes one job for each run. */
@Injectable()
export class JobSchedulers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobSchedulers.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly connection: QueueConnection,
    @Inject(QUEUE_OPTIONS) private readonly options: ResolvedQueueOptions,
  ) {}

  /** The application starts without Redis, too. */
  onApplicationBootstrap(): void {
    if (this.options.schedules) void this.bring(this.options.schedules);
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  private async bring(schedules: readonly QueueSchedule[]): Promise<void> {
    for (let isFirst = true; !this.stop.signal.aborted; isFirst = false) {
      try {
        for (const schedule of schedules) await this.connection.ask(() => this.bringOne(schedule));
        await this.connection.ask(() => this.removeOthers(schedules));
        return;
      } catch (error) {
        if (isFirst && !this.stop.signal.aborted) this.connection.failed(error as Error);
        await sleep(AGAIN_MS, undefined, { signal: this.stop.signal, ref: false }).catch(() => {});
      }
    }
  }

  private async bringOne({ name, cron, timeZone, destinations, prune }: QueueSchedule): Promise<void> {
    const { queue } = this.connection;
    const tz = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const data: BackupJobData = { schedule: name, destinations, prune, initiator: { via: 'schedule', user: name } };
    const opts = jobOptions(this.options);
    if (await this.isThere(name, { pattern: cron, tz, data, opts })) return;
    await queue.upsertJobScheduler(`${PREFIX}${name}`, { pattern: cron, tz }, { name: JOB_NAME, data, opts });
    this.logger.log(`Schedule "${name}" is in the queue: ${cron} (${tz}).`);
  }

  /** Written again, a schedule would drop the job of a run that is due and that no worker has taken yet. */
  private async isThere(name: string, wanted: object): Promise<boolean> {
    const { queue } = this.connection;
    const found = await queue.getJobScheduler(`${PREFIX}${name}`);
    if (!found?.next) return false;
    const { pattern, tz, template, next } = found;
    const { data, opts } = template ?? {};
    if (!isDeepStrictEqual({ pattern, tz, data, opts }, wanted)) return false;
    // A worker that takes a job makes the next one; should that be lost, the schedule would stand still.
    const state = await queue.getJobState(`repeat:${PREFIX}${name}:${next}`);
    return state !== 'unknown' && state !== 'completed' && state !== 'failed';
  }

  private async removeOthers(schedules: readonly QueueSchedule[]): Promise<void> {
    const { queue } = this.connection;
    const wanted = new Set(schedules.map(({ name }) => `${PREFIX}${name}`));
    for (const { key } of await queue.getJobSchedulers()) {
      if (!key.startsWith(PREFIX) || wanted.has(key)) continue;
      await queue.removeJobScheduler(key);
      this.logger.log(`Schedule "${key.slice(PREFIX.length)}" is no longer in the queue.`);
    }
  }
}
