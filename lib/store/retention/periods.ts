import type { CountingRule } from '../../options/retention-policy.js';

/** A period of time for which one backup is kept. */
export interface Period {
  /** Later periods of the same rule have higher numbers; two backups in one period have the same number. */
  readonly number: number;
  /** For people. */
  readonly name: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK_DAYS = 7;
/** 1 January 1970 was a Thursday, the fourth day of its week. */
const DAYS_BEFORE_EPOCH = 3;

/** The period, in UTC, in which something happened. */
export const PERIODS: Readonly<Record<Exclude<CountingRule, 'last'>, (time: Date) => Period>> = {
  hourly: (time) => ({ number: Math.floor(time.getTime() / HOUR), name: `hour ${time.toISOString().slice(0, 13)}` }),
  daily: (time) => ({ number: Math.floor(time.getTime() / DAY), name: `day ${time.toISOString().slice(0, 10)}` }),
  weekly: (time) => {
    const number = Math.floor((Math.floor(time.getTime() / DAY) + DAYS_BEFORE_EPOCH) / WEEK_DAYS);
    const monday = new Date((number * WEEK_DAYS - DAYS_BEFORE_EPOCH) * DAY);
    return { number, name: `week of ${monday.toISOString().slice(0, 10)}` };
  },
  monthly: (time) => ({
    number: time.getUTCFullYear() * 12 + time.getUTCMonth(),
    name: `month ${time.toISOString().slice(0, 7)}`,
  }),
  yearly: (time) => ({ number: time.getUTCFullYear(), name: `year ${time.getUTCFullYear()}` }),
};
