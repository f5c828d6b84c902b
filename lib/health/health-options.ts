import { invalidOptionOf } from '../errors/usage-errors.js';

export interface BackupHealthOptions {
  /** Days after which the last good backup is too old. @default 30 */
  readonly maxBackupAgeDays?: number;
  /** Days after which the last proof of restore (`verify --restore`) is too old. @default undefined: none is asked for */
  readonly maxVerificationAgeDays?: number;
}

export interface HealthLimits {
  readonly backupDays: number;
  readonly verificationDays: number | undefined;
  /** How late backups of other processes are seen at most, in milliseconds. */
  readonly lookEveryMs: number;
}

export const HEALTH_LIMITS = Symbol('nestjs-backup:health-limits');

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveHealth({ maxBackupAgeDays = 30, maxVerificationAgeDays }: BackupHealthOptions): HealthLimits {
  check('maxBackupAgeDays', maxBackupAgeDays);
  if (maxVerificationAgeDays !== undefined) check('maxVerificationAgeDays', maxVerificationAgeDays);
  return { backupDays: maxBackupAgeDays, verificationDays: maxVerificationAgeDays, lookEveryMs: 3_600_000 };
}

function check(name: string, days: unknown): void {
  if (typeof days === 'number' && days > 0 && days <= 36_500) return;
  throw invalidOptionOf('health', name, 'it is no number of days', 'Give one above 0, such as 30.');
}
