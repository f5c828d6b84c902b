import { DataSource, type DataSourceOptions } from 'typeorm';
import { databaseUnavailable } from '../../errors/database-errors.js';
import { refusedForGood } from './vain-retries.js';

/** What changes a schema: by an option (`migrationsRun`, `synchronize`, `dropSchema`), or by the application's own call. */
const CHANGES = {
  runMigrations: async () => [],
  undoLastMigration: async () => {},
  synchronize: async () => {},
  dropDatabase: async () => {},
};

type Initialize = DataSource['initialize'];

/**
 * Does something while connecting to a database cannot change its schema.
 * @throws BackupError `DATABASE_UNAVAILABLE` when a database cannot be connected to
 */
export async function withStillSchema<Result>(work: () => Promise<Result>): Promise<Result> {
  const { prototype } = DataSource;
  const { initialize, runMigrations, undoLastMigration, synchronize, dropDatabase } = prototype;
  Object.assign(prototype, { ...CHANGES, initialize: connecting(initialize) });
  try {
    return await work();
  } finally {
    Object.assign(prototype, { initialize, runMigrations, undoLastMigration, synchronize, dropDatabase });
  }
}

function connecting(initialize: Initialize): Initialize {
  return async function (this: DataSource) {
    const options = this.options as DataSourceOptions & { installExtensions?: boolean };
    const { installExtensions } = options;
    const { driver } = this;
    const connect = driver.connect.bind(driver);
    driver.connect = () =>
      connect().catch((cause: unknown) => {
        throw refusedForGood(this, cause) ?? databaseUnavailable(cause);
      });
    // Database extensions are created like tables: by whatever creates the schema.
    Object.assign(options, { installExtensions: false });
    try {
      return await initialize.call(this);
    } finally {
      Object.assign(options, { installExtensions });
      driver.connect = connect;
    }
  };
}
