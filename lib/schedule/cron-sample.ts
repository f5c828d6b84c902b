import { randomUUID } from 'node:crypto';
import { Cron } from '@nestjs/schedule';
import type { CronTimes } from './previous-run.js';

/** What is used of a job of the package `cron`. */
export interface CronJob {
  readonly cronTime: CronTimes;
  start(): void;
}

interface CronJobClass {
  /** @throws what is no cron expression */
  from(job: { cronTime: string; timeZone?: string; onTick: () => void; start: boolean }): CronJob;
}

/** Injection token of the `CronSample`. */
export const CRON_SAMPLE = Symbol('nestjs-backup:cron-sample');

export interface CronSample {
  /** Name of its job in the registry of @nestjs/schedule. */
  readonly job: string;
}

/**
 * A provider that has @nestjs/schedule make one job, which never runs. Its class is the one to make jobs of, and to check
 * expressions with: `cron` is a package of @nestjs/schedule's own, and only that knows which copy it has loaded. Each
 * module has a sample of its own, since no two jobs of an application may have one name.
 */
export function createCronSample(): CronSample {
  const job = `nestjs-backup:sample:${randomUUID()}`;
  class Sample {
    readonly job = job;

    @Cron('0 0 1 1 *', { name: job, disabled: true })
    never(): void {}
  }
  return new Sample();
}

export function classOf(job: object): CronJobClass {
  return job.constructor as unknown as CronJobClass;
}
