/**
 * Which backups a destination keeps: those that any of these rules keeps. Each rule counts the newest periods, in UTC, that have
 * a backup, and keeps one of each: the newest complete one, or if there is none, the newest. Weeks start on Monday.
 */
export interface RetentionPolicy {
  /** This many of the newest. */
  last?: number;
  /** One for each of this many hours, days, weeks, months or years that have one; while there are fewer, the oldest as well. */
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  /** Of those kept by the other rules, the oldest are deleted until all archives together take at most this many bytes. */
  maxBytes?: number;
}

/** The rules that count, from the finest to the coarsest. */
export const COUNTING_RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

export type CountingRule = (typeof COUNTING_RULES)[number];
