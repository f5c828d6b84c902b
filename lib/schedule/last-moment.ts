/** What is used of a cron expression of the package `cron`. */
export interface CronTimes {
  readonly timeZone?: string;
  /** The first moment after another one, by the clock of a time zone. */
  getNextDateFrom(start: Date, timeZone?: string): { toJSDate(): Date };
}

/** A timer may fire this much before its moment, in milliseconds. */
const EARLY_MS = 400;
const FIRST_LOOK_BACK_MS = 60_000;
const LONGEST_LOOK_BACK_MS = 10 * 366 * 86_400_000;

/** The last moment of an expression up to now; null when there was none for ten years. */
export function lastMoment(times: CronTimes, now: Date): Date | null {
  const end = now.getTime() + EARLY_MS;
  const next = (from: number) => times.getNextDateFrom(new Date(from), times.timeZone).toJSDate().getTime();
  for (let back = FIRST_LOOK_BACK_MS; back < LONGEST_LOOK_BACK_MS; back *= 4) {
    let found: number | undefined;
    for (let moment = next(end - back); moment <= end; moment = next(moment)) found = moment;
    if (found !== undefined) return new Date(found);
  }
  return null;
}
