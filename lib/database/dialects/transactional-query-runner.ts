import type { DataSource, QueryRunner } from 'typeorm';
import { deriveDataSource } from '../derived-data-source.js';
import { refuseTransactionControl } from './transaction-control.js';

/**
 * A query runner inside a transaction that is already open: whatever migrations do with it, with its manager or with
 * its data source stays on this connection; a transaction of theirs becomes a savepoint, and none can end ours.
 * @param driver what to replace in the application's driver, so that it returns that connection
 */
export function transactionalQueryRunner(host: DataSource, driver: object): QueryRunner {
  const dataSource = deriveDataSource(host, driver);
  const runner = dataSource.createQueryRunner();
  const query = runner.query.bind(runner) as (...call: unknown[]) => Promise<unknown>;
  Object.assign(runner, {
    isTransactionActive: true,
    transactionDepth: 1,
    release: async () => {},
    query: async (sql: string, ...rest: unknown[]) => {
      refuseTransactionControl(sql);
      return query(sql, ...rest);
    },
  });
  Object.defineProperty(dataSource, 'createQueryRunner', { value: () => runner });
  return runner;
}
