import { type DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { migrationRefused } from '../../errors/migration-errors.js';
import { deriveDataSource } from '../derived-data-source.js';
import type { SchemaRecord, SchemaStep } from '../dialects/restore-dialect.js';

/** Runs the application's own migrations, through TypeORM, for a restore. */
export class MigrationRunner {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Steps that a session runs inside its transaction. @throws BackupError `RESTORE_REFUSED` when one cannot run there
   */
  steps(direction: SchemaStep['direction'], names: readonly string[]): SchemaStep[] {
    return names.map((name) => {
      const { transaction, down } = instanceOf(this.dataSource, name);
      if (transaction === false) {
        throw migrationRefused(`migration "${name}" opts out of transactions`);
      }
      if (direction === 'down' && typeof down !== 'function') {
        throw migrationRefused(`migration "${name}" has no \`down\` and cannot be reverted`);
      }
      return { name: `migration "${name}"`, direction, run: (runner) => step(runner, name, direction) };
    });
  }

  /**
   * Before a schema is created: what TypeORM creates when it connects (extensions, say) and the command line does not.
   */
  connectStep(): SchemaStep {
    return { name: 'what a connection makes', direction: 'up', run: connect };
  }

  /** The schema of the entities, as created by the option `synchronize`. */
  synchronizeStep(): SchemaStep {
    return { name: 'what the option synchronize makes', direction: 'up', run: synchronize };
  }

  /** As `run`, for what `synchronizeStep` does. @throws the database's error */
  async synchronize(record: SchemaRecord): Promise<void> {
    const dataSource = deriveDataSource(this.dataSource);
    recordStatements(dataSource, record);
    const runner = dataSource.createQueryRunner();
    await synchronize(runner).finally(() => runner.release());
  }

  /**
   * Runs migrations outside of a restore's transaction, according to the application's options; each of them is
   * permanent.
   * @param record is notified of every statement
   * @throws the Error of the first that fails, with its `migration`
   */
  async run(names: readonly string[], record?: SchemaRecord): Promise<void> {
    const dataSource = deriveDataSource(this.dataSource);
    if (record) recordStatements(dataSource, record);
    const together = this.dataSource.options.migrationsTransactionMode ?? 'all';
    const runner = dataSource.createQueryRunner();
    try {
      for (const name of names) {
        const inTransaction = instanceOf(this.dataSource, name).transaction ?? together !== 'none';
        await this.runOne(runner, name, inTransaction).catch((cause: unknown) => {
          throw new MigrationError(name, cause);
        });
      }
    } finally {
      await runner.release();
    }
  }

  private async runOne(runner: QueryRunner, name: string, inTransaction: boolean): Promise<void> {
    if (!inTransaction) return step(runner, name, 'up');
    await runner.beforeMigration();
    await runner.startTransaction();
    try {
      await step(runner, name, 'up');
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(() => {});
      throw error;
    } finally {
      await runner.afterMigration();
    }
  }
}

/** A migration that failed outside of a transaction. */
export class MigrationError extends Error {
  constructor(
    readonly migration: string,
    cause: unknown,
  ) {
    super(`Migration "${migration}" failed.`, { cause });
  }
}

/** A migration may take a query runner of its own. */
function recordStatements(dataSource: DataSource, record: SchemaRecord): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  const createRecorded = (...how: Parameters<typeof create>) => {
    const runner = create(...how);
    const query = runner.query.bind(runner) as (sql: string, ...rest: unknown[]) => Promise<unknown>;
    return Object.assign(runner, {
      query: (sql: string, ...rest: unknown[]) => record.around(sql, () => query(sql, ...rest)),
    });
  };
  Object.defineProperty(dataSource, 'createQueryRunner', { value: createRecorded });
}

async function connect(runner: QueryRunner): Promise<void> {
  await runner.connection.driver.afterConnect();
}

async function synchronize(runner: QueryRunner): Promise<void> {
  await connect(runner);
  await runner.connection.driver.createSchemaBuilder().build();
}

async function step(runner: QueryRunner, name: string, direction: SchemaStep['direction']): Promise<void> {
  const executor = new MigrationExecutor(runner.connection, runner);
  const byName = (one: { readonly name: string }) => one.name === name;
  if (direction === 'up') {
    await executor.executeMigration((await executor.getPendingMigrations()).find(byName)!);
    return;
  }
  await runner.beforeMigration();
  await instanceOf(runner.connection, name).down(runner);
  await runner.afterMigration();
  await executor.deleteMigration((await executor.getExecutedMigrations()).find(byName)!);
}

function instanceOf({ migrations }: DataSource, name: string): MigrationInterface {
  return migrations.find((one) => (one.name ?? one.constructor.name) === name)!;
}
