import { BackupError } from './backup-error.js';
import { restoreRefused, restoreRefusedFor } from './restore-errors.js';

/** Refusals for which migrations are the only reason. */
const migrationRefusals = new WeakSet<object>();

/** The migrations that lead from the archive's version to the application's cannot be part of the restore. */
export function migrationRefused(
  problem: string,
  remedy = 'Restore into an empty database at the archive’s version, with that version of the application, then run the remaining migrations.',
): BackupError {
  return ofMigrations(restoreRefused(problem, remedy));
}

/** The migrations of archive and target do not lead from one to the other. @param differences sentences */
export function migrationsDiffer(differences: readonly string[]): BackupError {
  const remedy = 'Use the application version that made the backup.';
  return ofMigrations(restoreRefusedFor('the migrations differ', differences, remedy));
}

/** Adds the flag that overrides a migration refusal, for tables that match anyway; returns other errors unchanged. */
export function orIgnoreMigrations(error: unknown): unknown {
  if (!(error instanceof BackupError) || !migrationRefusals.has(error)) return error;
  const { code, problem, remedy, cause } = error;
  const further =
    'Or restore with --ignore-migrations (in code ignoreMigrations: true) if its rows need none of these migrations: every ' +
    'table, column and key of the target already matches the archive, and stays unchanged.';
  return new BackupError(code, problem.split('\n'), { remedy: `${remedy} ${further}`, cause });
}

/** Only where DDL cannot be rolled back: rows and files are restored, at the archive's own version. */
export function migrationFailed(name: string, remaining: readonly string[], cause: unknown): BackupError {
  return new BackupError(
    'MIGRATION_FAILED',
    `The backup was restored at its own version, but migration "${name}" failed on its rows.`,
    { remedy: `Fix the cause, then run the remaining migrations: ${remaining.join(', ')}.`, cause },
  );
}

function ofMigrations(error: BackupError): BackupError {
  migrationRefusals.add(error);
  return error;
}
