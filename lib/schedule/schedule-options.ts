import { invalidOptionOf } from '../errors/usage-errors.js';
import { type ResolvedEntry, resolveScheduleList, type ScheduleEntry } from '../scheduling/schedule-entry.js';

/** When backups are made, and where they go. */
export interface ScheduleOptions extends ScheduleEntry {
  /** Makes up at the start for a backup that was missed. @default true */
  readonly catchUp?: boolean;
}

/** When the newest backup of each of some destinations is restored beside the application, to see whether that works. */
export interface RestoreTestScheduleOptions extends Omit<ScheduleEntry, 'prune'> {
  /** A directory for the restored files; they are removed after the test. @default each lies beside its data directory */
  readonly scratch?: string;
  /** Makes up at the start for a restore test that was missed. @default true */
  readonly catchUp?: boolean;
}

export interface BackupScheduleOptions {
  readonly schedules?: readonly ScheduleOptions[];
  readonly restoreTests?: readonly RestoreTestScheduleOptions[];
  /** Lets backups be stored unencrypted. Without it, BackupModule must have an `encryptionKey`. @default false */
  readonly allowPlaintext?: boolean;
}

/** What `useClass` and `useExisting` of `BackupScheduleModule.forRootAsync` implement. */
export interface BackupScheduleOptionsFactory {
  createBackupScheduleOptions(): BackupScheduleOptions | Promise<BackupScheduleOptions>;
}

export interface Schedule extends ResolvedEntry<ScheduleEntry> {
  readonly kind: 'backup' | 'restore-test';
  readonly catchUp: boolean;
  readonly scratch?: string;
}

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveSchedules({ schedules = [], restoreTests = [] }: BackupScheduleOptions = {}): Schedule[] {
  const resolved = [
    ...resolve('backup', 'schedules', schedules),
    ...resolve('restore-test', 'restoreTests', restoreTests),
  ];
  if (resolved.length > 0) return resolved;
  const remedy = "Give [{ cron: '0 3 * * *', destinations: ['vault'] }].";
  throw invalidOptionOf('schedule', 'schedules', 'there is none', remedy);
}

function resolve(kind: Schedule['kind'], option: string, given: readonly ScheduleEntry[]): Schedule[] {
  return resolveScheduleList('schedule', given, option).map((one) => ({ catchUp: true, ...one, kind }));
}
