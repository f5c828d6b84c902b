import type { DataSource } from 'typeorm';
import { unsupportedDatabase } from '../../errors/usage-errors.js';
import type { EngineValues } from '../values/engine-values.js';
import type { Dialect, DialectFactory } from './dialect.js';
import { mysqlDialect } from './mysql/index.js';
import { mysqlValues } from './mysql/values/index.js';
import { postgresDialect } from './postgres/index.js';
import { postgresValues } from './postgres/values/index.js';
import { sqliteDialect } from './sqlite/index.js';
import { sqliteValues } from './sqlite/values/index.js';

/** TypeORM's driver types and the engine that serves them. */
const DIALECTS: ReadonlyMap<string, DialectFactory> = new Map([
  ['postgres', postgresDialect],
  ['mysql', mysqlDialect],
  ['mariadb', mysqlDialect],
  ['better-sqlite3', sqliteDialect],
  ['sqljs', sqliteDialect],
]);

/**
 * The dialect for a DataSource.
 * @throws BackupError `UNSUPPORTED_DATABASE` for every other TypeORM driver
 */
export function dialectFor(dataSource: DataSource): Dialect {
  const { type } = dataSource.options;
  const create = DIALECTS.get(type);
  if (!create) throw unsupportedDatabase(type, [...DIALECTS.keys()]);
  return create(dataSource);
}

/** How archives of an engine write values, by the type that stands in their manifest. */
const VALUES: ReadonlyMap<string, EngineValues> = new Map([
  ['postgres', postgresValues],
  ['mysql', mysqlValues('mysql')],
  ['mariadb', mysqlValues('mariadb')],
  ['better-sqlite3', sqliteValues],
  ['sqljs', sqliteValues],
]);

export function valuesOf(type: string): EngineValues | undefined {
  return VALUES.get(type);
}
