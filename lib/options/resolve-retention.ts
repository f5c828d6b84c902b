import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { namedIn, unknownIn } from '../support/read-options.js';
import { COUNTING_RULES, type RetentionPolicy } from './retention-policy.js';
import { unknownOption } from './unknown-option.js';

const KNOWN: readonly string[] = [...COUNTING_RULES, 'maxBytes'];

/**
 * A typo must not delete backups, so unknown rules are refused, and so is a policy without any rule.
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveRetention(given: RetentionPolicy | undefined): RetentionPolicy | null {
  if (given === undefined) return null;
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid('retention', 'it is not an object', 'Set an object, for example { last: 3, daily: 7, monthly: 12 }.');
  }
  const unknown = unknownIn(given, KNOWN);
  if (unknown !== undefined) throw unknownOption(unknown, KNOWN, 'retention.');
  const set = Object.entries(namedIn(given, KNOWN) as Record<string, unknown>).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  for (const [name, value] of set) {
    const option = `retention.${name}`;
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= (name === 'maxBytes' ? 1 : 0);
    if (!isCount) throw invalid(option, 'the value is invalid', 'Set a whole number; 0 switches a rule off.');
  }
  if (set.some(([, value]) => (value as number) > 0)) return Object.fromEntries(set);
  throw invalid(
    'retention',
    'it keeps nothing',
    `Set at least one of ${KNOWN.join(', ')}, or omit the option to keep all backups.`,
  );
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return invalidOption(option, problem, remedy);
}
