import { invalidOptionOf, invalidOptionsOf } from '../errors/usage-errors.js';
import { type ResolvedEntry, resolveScheduleList, type ScheduleEntry } from '../scheduling/schedule-entry.js';
import { readOptions } from '../support/read-options.js';

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
  /** Lets backups be stored unencrypted. Without it, BackupModule must have `recipients` or an `encryptionKey`. @default false */
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

/** The options of the module, resolved. */
export interface ResolvedSchedules {
  readonly schedules: readonly Schedule[];
  readonly allowPlaintext: boolean;
}

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveSchedules(given: BackupScheduleOptions): ResolvedSchedules {
  const known = ['schedules', 'restoreTests', 'allowPlaintext'];
  const options = readOptions<BackupScheduleOptions>(given, known, invalidOptionsOf('schedule'));
  const resolved = [
    ...resolve('backup', 'schedules', options.schedules ?? [], ['catchUp']),
    ...resolve('restore-test', 'restoreTests', options.restoreTests ?? [], ['catchUp', 'scratch']),
  ];
  if (resolved.length > 0) return { schedules: resolved, allowPlaintext: options.allowPlaintext === true };
  const remedy = "Give [{ cron: '0 3 * * *', destinations: ['vault'] }].";
  throw invalidOptionOf('schedule', 'schedules', 'there is none', remedy);
}

function resolve(
  kind: Schedule['kind'],
  option: string,
  given: readonly ScheduleEntry[],
  more: readonly string[],
): Schedule[] {
  return resolveScheduleList('schedule', given, option, more).map((one) => ({ catchUp: true, ...one, kind }));
}
