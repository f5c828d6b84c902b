import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '../archive/archive-limits.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveArchiveLimits(given: Partial<ArchiveLimits>): Partial<ArchiveLimits> {
  const limits = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of limits) {
    const known = Object.keys(DEFAULT_ARCHIVE_LIMITS);
    if (!known.includes(name)) throw invalid(name, 'unknown limit', `Known limits: ${known.join(', ')}.`);
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw invalid(name, 'the value is invalid', 'Set a whole number of at least 1.');
  }
  return Object.fromEntries(limits);
}

function invalid(name: string, problem: string, remedy: string): BackupError {
  return invalidOption(`archiveLimits.${name}`, problem, remedy);
}
