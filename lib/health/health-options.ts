import { invalidOptionOf, invalidOptionsOf } from '../errors/usage-errors.js';
import { readOptions } from '../support/read-options.js';

export interface BackupHealthOptions {
  /** Days after which the last good backup is too old. @default 30 */
  readonly maxBackupAgeDays?: number;
  /** Days after which the last restore test (`verify --restore`) is too old. @default undefined: none is asked for */
  readonly maxRestoreTestAgeDays?: number;
}

/** What `useClass` and `useExisting` of `BackupHealthModule.forRootAsync` implement. */
export interface BackupHealthOptionsFactory {
  createBackupHealthOptions(): BackupHealthOptions | Promise<BackupHealthOptions>;
}

export interface HealthLimits {
  readonly backupDays: number;
  readonly restoreTestDays: number | undefined;
  /** How late backups of other processes are seen at most, in milliseconds. */
  readonly lookEveryMs: number;
}

export const HEALTH_LIMITS = Symbol('nestjs-backup:health-limits');

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveHealth(given: BackupHealthOptions): HealthLimits {
  const { maxBackupAgeDays = 30, maxRestoreTestAgeDays } = readOptions<BackupHealthOptions>(
    given,
    ['maxBackupAgeDays', 'maxRestoreTestAgeDays'],
    invalidOptionsOf('health'),
  );
  check('maxBackupAgeDays', maxBackupAgeDays);
  if (maxRestoreTestAgeDays !== undefined) check('maxRestoreTestAgeDays', maxRestoreTestAgeDays);
  return { backupDays: maxBackupAgeDays, restoreTestDays: maxRestoreTestAgeDays, lookEveryMs: 3_600_000 };
}

function check(name: string, days: unknown): void {
  if (typeof days === 'number' && days > 0 && days <= 36_500) return;
  throw invalidOptionOf('health', name, 'it is not a number of days', 'Use one above 0, such as 30.');
}
