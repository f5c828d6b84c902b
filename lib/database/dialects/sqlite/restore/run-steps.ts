import type { DataSource } from 'typeorm';
import { migrationFailure } from '../../migration-failure.js';
import type { SchemaStep } from '../../restore-dialect.js';
import { transactionalQueryRunner } from '../../transactional-query-runner.js';
import type { Target } from './target.js';

/** VACUUM, a change of the journal mode and the like. */
const NEEDS_COMMIT = /within a transaction|from within/i;

/**
 * Runs migrations inside the target's transaction, in which foreign keys are not enforced, as with TypeORM itself.
 * @param check throws when the restore is to end
 */
export async function runSteps(
  dataSource: DataSource,
  { raw }: Target,
  steps: readonly SchemaStep[],
  check: () => void,
): Promise<void> {
  // sql.js ends the transaction when its database is saved.
  const runner = transactionalQueryRunner(dataSource, { databaseConnection: raw, autoSave: async () => {} });
  for (const step of steps) {
    check();
    try {
      await step.run(runner);
    } catch (error) {
      check();
      throw migrationFailure(step, error, NEEDS_COMMIT.test(String((error as { message?: unknown }).message)));
    }
  }
}
