import { Injectable, type Type } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { jobName, ScheduledBackups } from './scheduled-backups.js';
import type { Schedule } from './schedule-options.js';

/** A provider that @nestjs/schedule calls at the moments of a schedule. */
export function createScheduleJob(schedule: Schedule): Type {
  @Injectable()
  class ScheduleJob {
    constructor(readonly backups: ScheduledBackups) {}

    @Cron(schedule.cron, { name: jobName(schedule), timeZone: schedule.timeZone })
    come(): void {
      this.backups.run(schedule);
    }
  }
  return ScheduleJob;
}
