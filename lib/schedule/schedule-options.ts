import { BackupError } from '../backup.errors.js';

/** One schedule. */
export interface ScheduleOptions {
  /** Tells it from others, in the log, the events and what is stored. @default 'default' */
  readonly name?: string;
  /** A cron expression, with seconds in front if there are six fields: `0 3 * * *`. */
  readonly cron: string;
  /** The time zone of the expression, such as `Europe/Berlin`. @default the machine's */
  readonly timeZone?: string;
  /** Names of destinations; one at least. */
  readonly destinations: readonly string[];
  /** Thins the destinations out after each backup, by the option `retention` of BackupModule. @default false */
  readonly prune?: boolean;
  /** Makes up at the start for a backup that was missed. @default true */
  readonly catchUp?: boolean;
}

export interface BackupScheduleOptions {
  readonly schedules: readonly ScheduleOptions[];
  /** Lets backups be stored unencrypted. Without it, BackupModule must have an `encryptionKey`. @default false */
  readonly allowPlaintext?: boolean;
}

export type Schedule = Required<Omit<ScheduleOptions, 'timeZone'>> & Pick<ScheduleOptions, 'timeZone'>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveSchedules({ schedules }: BackupScheduleOptions): Schedule[] {
  const names = new Set<string>();
  if (!Array.isArray(schedules) || schedules.length === 0) {
    throw invalid('schedules', 'there is none', "Give [{ cron: '0 3 * * *', destinations: ['vault'] }].");
  }
  return (schedules as readonly ScheduleOptions[]).map((given, index) => {
    const schedule = { name: 'default', prune: false, catchUp: true, ...given };
    const option = `schedules[${index}]`;
    if (!NAME.test(schedule.name))
      throw invalid(`${option}.name`, 'it has other characters', 'Use letters, digits, "_", "-".');
    if (names.has(schedule.name))
      throw invalid(`${option}.name`, `"${schedule.name}" is there twice`, 'Name each one.');
    if (typeof schedule.cron !== 'string') throw invalid(`${option}.cron`, 'it is no text', "Give '0 3 * * *'.");
    if (!Array.isArray(schedule.destinations) || schedule.destinations.length === 0) {
      throw invalid(`${option}.destinations`, 'none is named', 'Name one at least.');
    }
    names.add(schedule.name);
    return schedule;
  });
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return BackupError.invalidOption(`(schedule) ${option}`, problem, remedy);
}
