/** What is used of a cron expression, whichever package parses it. */
export interface RunTimes {
  readonly timeZone?: string;
  /** The first time after another one, in milliseconds. */
  readonly next: (after: number) => number;
}

/** A timer may fire this much early, in milliseconds. */
const EARLY_MS = 400;
const FIRST_LOOK_BACK_MS = 60_000;
const LONGEST_LOOK_BACK_MS = 10 * 366 * 86_400_000;
/** No clock is set back by more than this at a time. */
const LONGEST_SHIFT_MS = 3 * 3_600_000;

/**
 * The last scheduled time of an expression up to now, as a process sees it that has been running all the time; null
 * when there was none within ten years. Where clocks are set back an hour occurs twice, and counting from the second
 * one would find once more what happened in the first.
 */
export function lastRunUpTo(times: RunTimes, now: Date): Date | null {
  const end = now.getTime() + EARLY_MS;
  for (let back = FIRST_LOOK_BACK_MS; back < LONGEST_LOOK_BACK_MS; back *= 4) {
    let found: number | undefined;
    const start = beforeTheShift(end - back, times.timeZone);
    for (let at = times.next(start); at <= end; at = times.next(at)) found = at;
    if (found !== undefined) return new Date(found);
  }
  return null;
}

/** The same time, or an earlier one such that no hour between the two occurs twice. */
function beforeTheShift(time: number, timeZone: string | undefined): number {
  const before = time - LONGEST_SHIFT_MS;
  return offsetAt(time, timeZone) < offsetAt(before, timeZone) ? before : time;
}

/** How far the clock of a time zone is ahead of UTC, in milliseconds. */
function offsetAt(time: number, timeZone: string | undefined): number {
  const second = Math.floor(time / 1000) * 1000;
  if (timeZone === undefined) return -new Date(second).getTimezoneOffset() * 60_000;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(second);
  const [year, month, day, hour, minute, rest] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map(
    (type) => Number(parts.find((part) => part.type === type)!.value),
  );
  return Date.UTC(year!, month! - 1, day, hour, minute, rest) - second;
}
