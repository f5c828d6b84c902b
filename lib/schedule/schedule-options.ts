import { BackupError } from '../backup.errors.js';
import { type ResolvedEntry, resolveScheduleList, type ScheduleEntry } from '../store/unattended/schedule-list.js';

/** One schedule. */
export interface ScheduleOptions extends ScheduleEntry {
  /** Makes up at the start for a backup that was missed. @default true */
  readonly catchUp?: boolean;
}

export interface BackupScheduleOptions {
  readonly schedules: readonly ScheduleOptions[];
  /** Lets backups be stored unencrypted. Without it, BackupModule must have an `encryptionKey`. @default false */
  readonly allowPlaintext?: boolean;
}

export type Schedule = ResolvedEntry<ScheduleOptions> & { readonly catchUp: boolean };

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveSchedules({ schedules }: BackupScheduleOptions): Schedule[] {
  if (!Array.isArray(schedules) || schedules.length === 0) {
    const remedy = "Give [{ cron: '0 3 * * *', destinations: ['vault'] }].";
    throw BackupError.invalidOption('(schedule) schedules', 'there is none', remedy);
  }
  return resolveScheduleList('schedule', schedules as readonly ScheduleOptions[]).map((one) => ({
    catchUp: true,
    ...one,
  }));
}
