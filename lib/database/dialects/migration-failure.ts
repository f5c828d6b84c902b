import { BackupError } from '../../errors/backup-error.js';
import { migrationRefused } from '../../errors/migration-errors.js';
import { restoreFailed } from '../../errors/restore-errors.js';
import type { SchemaStep } from './restore-dialect.js';
import { TransactionControlError } from './transaction-control.js';

/**
 * The error of a migration during a restore. A driver's message quotes values, and rows are secrets: only its code and
 * names are kept.
 * @param conditionOf adds the engine's wording to its code
 * @param needsOwnTransaction whether the engine refuses the statement inside a transaction with others
 */
export function migrationFailure(
  { name, direction }: SchemaStep,
  error: unknown,
  needsOwnTransaction: boolean,
  conditionOf: (code: string) => string = (code) => code,
): BackupError {
  if (error instanceof BackupError) return error;
  const { code, table, constraint, column, query, message } = (error ?? {}) as Record<string, string | undefined>;
  const control = error instanceof TransactionControlError;
  const place = [
    constraint && `constraint ${constraint}`,
    column && `column ${column}`,
    table && `table ${table}`,
    code && conditionOf(code),
  ];
  const ofDriver = query !== undefined || code !== undefined;
  const reason = (ofDriver ? place.filter(Boolean).join(', ') : message) || 'without a reason';
  if (direction === 'down') return migrationRefused(`${name} cannot be reverted (${reason})`);
  if (control || needsOwnTransaction) {
    return migrationRefused(`${name} cannot be run in one transaction with the rows (${reason})`);
  }
  return restoreFailed(`${name} failed (${reason})`);
}
