import { defaultRepeatStrategy, type Job } from 'bullmq';
import type { BackupErrorCode } from '../errors/backup-error-code.js';
import { lastRunUpTo } from '../scheduling/last-run-up-to.js';
import type { StoreBackupOptions } from '../store/backup-store.js';
import { type ScheduledRun, scheduleOfJob } from '../store/stored-manifest.js';
import type { StoredRun } from '../store/stored-runs.js';

/** Name of every job of the queue. */
export const JOB_NAME = 'backup';

/** All that Redis gets to know of a backup that is to be made: no key, and nothing of the database. */
export interface BackupJobData {
  readonly destinations: readonly string[];
  readonly initiator: StoreBackupOptions['initiator'];
  /** Name of the schedule that made it. */
  readonly schedule?: string;
  readonly prune?: boolean;
}

/** What came of a job: which backup each destination has. */
export interface BackupJobResult {
  readonly destinations: readonly StoredRun[];
}

export type BackupJob = Job<BackupJobData, BackupJobResult>;

/** How many jobs that are done, and how many that failed, Redis keeps. */
const KEPT_JOBS = 200;

/** Options of every job. Stacks of errors stay in the log of the worker. */
export function jobOptions({ attempts, backoff }: { readonly attempts: number; readonly backoff: number }) {
  return {
    attempts,
    backoff: { type: 'exponential', delay: backoff },
    stackTraceLimit: 0,
    removeOnComplete: { count: KEPT_JOBS },
    removeOnFail: { count: KEPT_JOBS },
  };
}

/**
 * What a job is for: the run of its schedule, which BullMQ writes at the end of the job's id, or the job itself. It
 * stands beside the backup, so that nobody makes the backup again when its worker dies before it has said that it is done.
 */
export function runOf({
  id,
  timestamp,
  data,
  opts,
}: Pick<BackupJob, 'id' | 'timestamp' | 'data'> & { readonly opts?: object }): ScheduledRun {
  const tick = Number(/:(\d+)$/.exec(id ?? '')?.[1]);
  const isOfSchedule = data.schedule !== undefined && Number.isSafeInteger(tick);
  const scheduledAt = new Date(isOfSchedule ? lastOf(opts, tick) : timestamp).toISOString();
  return { schedule: isOfSchedule ? data.schedule : scheduleOfJob(id!), scheduledAt };
}

/** A schedule that is written again in an hour that comes twice would have that run twice. */
function lastOf(opts: object = {}, tick: number): number {
  const { pattern, tz } = (opts as { repeat?: { pattern?: string; tz?: string } }).repeat ?? {};
  if (pattern === undefined) return tick;
  const next = (after: number) => Number(defaultRepeatStrategy(after, { pattern, tz }));
  return lastRunUpTo({ timeZone: tz, next }, new Date(tick))?.getTime() ?? tick;
}

/** Nothing is wrong with the backup: somebody else has the database, or the application is closing. */
export const FOR_LATER: readonly BackupErrorCode[] = ['LOCKED', 'DATABASE_BUSY', 'ABORTED'];

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** For how long a job is put off that could not begin, the more often it was taken the longer. */
export function waitOf({ attemptsStarted, attemptsMade }: Pick<BackupJob, 'attemptsStarted' | 'attemptsMade'>): number {
  const before = Math.max(0, attemptsStarted - attemptsMade - 1);
  return Math.min(FIRST_WAIT_MS * 2 ** before, LONGEST_WAIT_MS);
}
