import type { DataSource } from 'typeorm';
import { migrationFailure } from '../../migration-failure.js';
import type { SchemaStep } from '../../restore-dialect.js';
import { transactionalQueryRunner } from '../../transactional-query-runner.js';
import type { PgClient } from '../connection.js';
import { conditionOf } from '../errors.js';
import { pinSettings, unpinSettings } from '../transaction.js';
import { limitWaits, type SessionSettings } from './settings.js';

/**
 * What needs a commit first: CREATE INDEX CONCURRENTLY and the like (25001), using a new enum value (55P04), a table
 * whose deferred constraints wait for the commit (55006).
 */
const NEEDS_COMMIT = new Set(['25001', '55P04', '55006']);

/** Runs migrations inside the client's transaction, with the settings of the application's own connections. */
export async function runSteps(
  dataSource: DataSource,
  client: PgClient,
  settings: SessionSettings,
  steps: readonly SchemaStep[],
): Promise<void> {
  const obtain = async () => [client, () => {}];
  const connectedQueryRunners: unknown[] = [];
  await unpinSettings(client);
  await limitWaits(client);
  const driver = { obtainMasterConnection: obtain, obtainSlaveConnection: obtain, connectedQueryRunners };
  const runner = transactionalQueryRunner(dataSource, driver);
  for (const step of steps) {
    try {
      await step.run(runner);
    } catch (error) {
      const { code } = error as { code?: string };
      throw migrationFailure(step, error, code !== undefined && NEEDS_COMMIT.has(code), conditionOf);
    }
  }
  await settings.putBack();
  await pinSettings(client);
  await limitWaits(client);
}
