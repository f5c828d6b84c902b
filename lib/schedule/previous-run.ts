import { lastRunUpTo } from '../scheduling/last-run-up-to.js';

/** What is used of a cron expression of the package `cron`. */
export interface CronTimes {
  readonly timeZone?: string;
  /** The first time after another one, by the clock of a time zone. */
  getNextDateFrom(start: Date, timeZone?: string): { toJSDate(): Date };
}

/** The last scheduled time of an expression up to now; null when there was none for ten years. */
export function previousRun(times: CronTimes, now: Date): Date | null {
  const { timeZone } = times;
  const next = (after: number) => times.getNextDateFrom(new Date(after), timeZone).toJSDate().getTime();
  return lastRunUpTo({ timeZone, next }, now);
}
