import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '../archive/archive-limits.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { namedIn, unknownIn } from '../support/read-options.js';

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveArchiveLimits(given: Partial<ArchiveLimits>): Partial<ArchiveLimits> {
  const known = Object.keys(DEFAULT_ARCHIVE_LIMITS);
  const unknown = unknownIn(given, known);
  if (unknown !== undefined) throw invalid(unknown, 'unknown limit', `Known limits: ${known.join(', ')}.`);
  const limits = Object.entries(namedIn<Partial<ArchiveLimits>>(given, known)).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  for (const [name, value] of limits) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw invalid(name, 'the value is invalid', 'Set a whole number of at least 1.');
  }
  return Object.fromEntries(limits);
}

function invalid(name: string, problem: string, remedy: string): BackupError {
  return invalidOption(`archiveLimits.${name}`, problem, remedy);
}
