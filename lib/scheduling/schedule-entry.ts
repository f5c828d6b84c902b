import type { BackupError } from '../errors/backup-error.js';
import { clause } from '../errors/sentence.js';
import { invalidOptionOf, type SideModule } from '../errors/usage-errors.js';
import { readOptions } from '../support/read-options.js';

/** What every schedule defines, whatever keeps its time. */
export interface ScheduleEntry {
  /** Distinguishes it in the log, the events and stored backups. @default 'default' */
  readonly name?: string;
  /** A cron expression, with seconds first if it has six fields: `0 3 * * *`. */
  readonly cron: string;
  /** The time zone of the expression, such as `Europe/Berlin`. @default the machine's */
  readonly timeZone?: string;
  /** Names of destinations; at least one. */
  readonly destinations: readonly string[];
  /** Prunes the destinations after each backup, according to the option `retention` of BackupModule. @default false */
  readonly prune?: boolean;
}

export type ResolvedEntry<Entry extends ScheduleEntry> = Entry &
  Required<Omit<ScheduleEntry, 'timeZone'>> & {
    /** How an error names it: `schedules[0]`. */
    readonly option: string;
  };

const KNOWN = ['name', 'cron', 'timeZone', 'destinations', 'prune'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * @param whose for the error: the module of this library that received them
 * @param list for the error: the option
 * @param more names of what else an entry may define
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveScheduleList<Entry extends ScheduleEntry>(
  whose: SideModule,
  given: readonly Entry[],
  list = 'schedules',
  more: readonly string[] = [],
): Array<ResolvedEntry<Entry>> {
  const names = new Set<string>();
  const invalid = (option: string, problem: string, remedy: string) => invalidOptionOf(whose, option, problem, remedy);
  if (!Array.isArray(given)) throw invalid(list, 'it is not a list', "Set [{ cron: '0 3 * * *', … }].");
  return (given as readonly Entry[]).map((one, index) => {
    const option = `${list}[${index}]`;
    const read = readOptions<Entry>(one, [...KNOWN, ...more], (name, problem, remedy) =>
      name === undefined
        ? invalid(option, 'it is not an object', "Set { cron: '0 3 * * *', … }.")
        : invalid(`${option}.${name}`, problem, remedy),
    );
    const schedule = { name: 'default', prune: false, ...read, option } as ResolvedEntry<Entry>;
    if (!NAME.test(schedule.name)) {
      throw invalid(`${option}.name`, 'it contains other characters', 'Use letters, digits, "_", "-".');
    }
    if (names.has(schedule.name)) {
      throw invalid(`${option}.name`, `"${schedule.name}" is used twice`, 'Give each one its own name.');
    }
    if (typeof schedule.cron !== 'string') throw invalid(`${option}.cron`, 'it is not a string', "Set '0 3 * * *'.");
    if (schedule.timeZone !== undefined && !isTimeZone(schedule.timeZone)) {
      const remedy = "Set a name such as 'Europe/Berlin', or omit it for the machine's.";
      throw invalid(`${option}.timeZone`, 'it is not a time zone that Node knows', remedy);
    }
    if (!Array.isArray(schedule.destinations) || schedule.destinations.length === 0) {
      throw invalid(`${option}.destinations`, 'no destination is named', 'Name at least one.');
    }
    names.add(schedule.name);
    return schedule;
  });
}

/** Each module asks the package that keeps its time, whose own error is the cause. */
export function invalidCron(whose: SideModule, option: string, cron: string, cause: unknown): BackupError {
  const why = cause instanceof Error && cause.message !== '' ? ` (${clause(cause.message)})` : '';
  const problem = `${JSON.stringify(cron)} is not a valid cron expression, or its time never comes${why}`;
  const remedy = "Give five fields ('0 3 * * *': every day at 3:00), or six with seconds in front ('30 0 3 * * *').";
  return invalidOptionOf(whose, `${option}.cron`, problem, remedy, cause);
}

function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }));
  } catch {
    return false;
  }
}
