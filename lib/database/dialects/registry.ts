import type { DataSource } from 'typeorm';
import { BackupError } from '../../backup.errors.js';
import type { Dialect, DialectFactory } from './dialect.js';
import { mysqlDialect } from './mysql/index.js';
import { postgresDialect } from './postgres/index.js';
import { sqliteDialect } from './sqlite/index.js';

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
  if (!create) throw BackupError.unsupportedDatabase(type, [...DIALECTS.keys()]);
  return create(dataSource);
}
