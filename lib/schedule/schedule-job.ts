import { Injectable, type Type } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { jobName, ScheduledBackups } from './scheduled-backups.js';
import type { Schedule } from './schedule-options.js';

/** A provider that @nestjs/schedule calls when a run of a schedule is due. */
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
