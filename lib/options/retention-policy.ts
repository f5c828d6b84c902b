/**
 * Which backups a destination keeps: those that any of these wants. Each counts the newest periods that have a backup, in
 * UTC, and keeps one of each: the newest complete one, or without one the newest. Weeks begin on Monday.
 */
export interface RetentionPolicy {
  /** So many of the newest. */
  last?: number;
  /** One of each hour, day, week, month, year, of so many that have one; while there are fewer, the oldest as well. */
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  /** Of what is kept by then the oldest go, until all archives together have so many bytes at most. */
  maxBytes?: number;
}

/** The rules that count, from the finest to the coarsest. */
export const COUNTING_RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

export type CountingRule = (typeof COUNTING_RULES)[number];
