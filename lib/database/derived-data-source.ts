import type { DataSource } from 'typeorm';

/**
 * The application's data source for migrations: the same entities and options, without its subscribers and its cache.
 * It is never initialised, so nothing is synchronised, dropped or run by it.
 * @param driver what to replace in the application's driver
 */
export function deriveDataSource(host: DataSource, driver: object = {}): DataSource {
  const dataSource = Object.create(host) as DataSource;
  // TypeORM 0.3 calls it `connection`; 1.x `dataSource`, with `connection` as a deprecated accessor.
  const own = { connection: dataSource, dataSource };
  define(dataSource, {
    driver: derive(host.driver, { ...own, queryRunner: undefined, ...driver }),
    relationLoader: derive(host.relationLoader, own),
    relationIdLoader: derive(host.relationIdLoader, own),
    subscribers: [],
    queryResultCache: undefined,
  });
  define(dataSource, { manager: dataSource.createEntityManager() });
  return dataSource;
}

function derive(parent: object, values: object): object {
  return define(Object.create(parent) as object, values);
}

function define(target: object, values: object): object {
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(target, key, { value, writable: true, configurable: true });
  }
  return target;
}
