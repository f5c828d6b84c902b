import { type ConnectionOptions, defaultRepeatStrategy } from 'bullmq';
import { BackupError } from '../errors/backup-error.js';
import { invalidOptionOf, invalidOptionsOf } from '../errors/usage-errors.js';
import {
  invalidCron,
  type ResolvedEntry,
  resolveScheduleList,
  type ScheduleEntry,
} from '../scheduling/schedule-entry.js';
import { readOptions } from '../support/read-options.js';
import { checkRedisUrl } from './redis-secrets.js';

/** Options of `BackupQueueModule.forRoot`, and of what the factories of `forRootAsync` return. */
export interface BackupQueueOptions {
  /** Where Redis is, as BullMQ takes it: `{ host, port, password }`, `{ url }`, or a client. */
  readonly connection: ConnectionOptions;
  /** What the names of its keys in Redis begin with. @default 'bull' */
  readonly prefix?: string;
  /** Whether this process makes backups, too. Without, it only asks for them. */
  readonly worker: boolean;
  /** How often a backup that fails is tried, in all. @default 5 */
  readonly attempts?: number;
  /** Milliseconds after the first attempt that failed; twice as long after each further one. @default 10000 */
  readonly backoff?: number;
  /** Milliseconds after which the backup of a worker that died is taken by another one. @default 30000 */
  readonly takeOver?: number;
  /** Lets this worker store backups unencrypted. Without it, BackupModule must have `recipients` or an `encryptionKey`. @default false */
  readonly allowPlaintext?: boolean;
  /** All schedules of the queue: others that it has are removed. @default undefined: they are left as they are */
  readonly schedules?: readonly ScheduleEntry[];
}

/** What stands beside the options in `forRoot` and beside the factory in `forRootAsync`. */
export interface BackupQueueExtras {
  /** Name of the queue in Redis, by which other modules inject it: `@InjectQueue(name)`. @default 'nestjs-backup' */
  queue?: string;
}

/** What `useClass` and `useExisting` of `BackupQueueModule.forRootAsync` implement. */
export interface BackupQueueOptionsFactory {
  createBackupQueueOptions(): BackupQueueOptions | Promise<BackupQueueOptions>;
}

export type QueueSchedule = ResolvedEntry<ScheduleEntry>;

export interface ResolvedQueueOptions extends Required<Omit<BackupQueueOptions, 'schedules'> & BackupQueueExtras> {
  /** Null when nothing is said of them. */
  readonly schedules: readonly QueueSchedule[] | null;
}

/** Injection token of the `ResolvedQueueOptions`. */
export const QUEUE_OPTIONS = Symbol('nestjs-backup:queue-options');

export const DEFAULT_QUEUE = 'nestjs-backup';

const DEFAULTS = {
  prefix: 'bull',
  attempts: 5,
  backoff: 10_000,
  takeOver: 30_000,
  allowPlaintext: false,
};
/** Names of all options of `BackupQueueModule`. */
export const KNOWN_OPTIONS: readonly string[] = [
  ...Object.keys(DEFAULTS),
  'connection',
  'worker',
  'schedules',
  'queue',
];
const SHORTEST_TAKE_OVER_MS = 1_000;

/**
 * @param queue its name, which stands beside the factory
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveQueueOptions(
  given: Partial<BackupQueueOptions> | undefined,
  queue = DEFAULT_QUEUE,
): ResolvedQueueOptions {
  const read = readOptions(given, KNOWN_OPTIONS, invalidOptionsOf('queue'));
  const known = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  const options = { ...DEFAULTS, ...known } as BackupQueueOptions & typeof DEFAULTS;
  const { connection, worker, schedules } = options;
  if (typeof connection !== 'object' || connection === null) {
    throw invalid('connection', 'there is none', "Give { host: '127.0.0.1', port: 6379 }, for example.");
  }
  checkRedisUrl(connection);
  checkQueueName(queue);
  if ('queue' in known && known.queue !== queue) {
    const problem = 'it comes from the factory, and other modules inject the queue by its name before that is called';
    throw invalid('queue', problem, "Give it beside the factory: forRootAsync({ queue: 'name', useFactory }).");
  }
  if (typeof worker !== 'boolean') {
    throw invalid('worker', 'it is neither true nor false', 'Say true where backups are to be made.');
  }
  checkNumber('attempts', options.attempts, 1);
  checkNumber('backoff', options.backoff, 0);
  checkNumber('takeOver', options.takeOver, SHORTEST_TAKE_OVER_MS);
  return { ...options, queue, schedules: schedules ? resolveSchedules(schedules) : null };
}

/** @throws BackupError `INVALID_OPTIONS` */
export function checkQueueName(queue: unknown): asserts queue is string {
  if (typeof queue === 'string' && /^[^:{}]+$/.test(queue)) return;
  throw invalid('queue', 'it is not a valid queue name', 'Use a string without ":", "{" and "}".');
}

function resolveSchedules(given: readonly ScheduleEntry[]): QueueSchedule[] {
  const schedules = resolveScheduleList('queue', given);
  for (const { option, cron, timeZone } of schedules) {
    try {
      void defaultRepeatStrategy(Date.now(), { pattern: cron, tz: timeZone });
    } catch (cause) {
      throw invalidCron('queue', option, cron, cause);
    }
  }
  return schedules;
}

function checkNumber(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw invalid(option, 'it is not a whole number, or too small', `Give ${least} or more.`);
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return invalidOptionOf('queue', option, problem, remedy);
}
