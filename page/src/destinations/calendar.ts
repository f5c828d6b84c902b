import type { StoredBackupItem } from '../../../lib/page/page-api.js';
import { isGood } from '../format/origins.js';
import { dayKey } from '../format/times.js';

/**
 * A day of the reader's zone. `good`: at least one good backup of it is stored. `faulty`: only such as lack something or
 * failed. `none`: nothing is stored of it. `ahead`: it has not begun, or is today and has none yet. `unread`: the list was not read that far.
 */
export type DayState = 'good' | 'faulty' | 'none' | 'ahead' | 'unread';

export interface CalendarDay {
  /** At noon, which no change of the clock moves to another day. */
  readonly date: Date;
  readonly state: DayState;
  /** Good backups of the day. */
  readonly good: number;
  readonly isToday: boolean;
}

/**
 * Weeks from Monday to Sunday, the last of which is the one of `today`.
 * @param readSince how far back the items reach, in ms since 1970; -Infinity when they are all
 */
export function calendarOf(
  items: readonly StoredBackupItem[],
  { today, weeks, readSince }: { today: Date; weeks: number; readSince: number },
): readonly (readonly CalendarDay[])[] {
  const byDay = new Map<string, StoredBackupItem[]>();
  for (const item of items) {
    const key = dayKey(new Date(item.createdAt));
    byDay.set(key, [...(byDay.get(key) ?? []), item]);
  }
  const sinceMonday = (today.getDay() + 6) % 7;
  const dayAt = (offset: number): CalendarDay => {
    const date = new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset, 12);
    const stored = byDay.get(dayKey(date)) ?? [];
    const good = stored.filter(isGood).length;
    return { date, good, isToday: offset === 0, state: stateOf(offset, date, stored.length, good) };
  };
  const stateOf = (offset: number, date: Date, stored: number, good: number): DayState => {
    if (offset > 0) return 'ahead';
    if (good > 0) return 'good';
    // A day is read when the list reaches back beyond its beginning.
    if (startOf(date) < readSince) return 'unread';
    if (stored > 0) return 'faulty';
    return offset === 0 ? 'ahead' : 'none';
  };
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: 7 }, (__, day) => dayAt((week - weeks + 1) * 7 + day - sinceMonday)),
  );
}

function startOf(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
